#include "client/loadtest/report/request_counts.h"

#include "client/loadtest/measure/code_name.h"

namespace sconce::load {
namespace {

int64_t CountOf(const Counts& counts, grpc::StatusCode code) {
  const auto found = counts.codes.find(CodeName(code));
  return found == counts.codes.end() ? 0 : found->second;
}

}  // namespace

RequestCounts CountRequests(const Counts& counts) {
  RequestCounts requests;
  for (const auto& [code, count] : counts.codes) requests.sent += count;
  requests.offered = requests.sent + counts.unsent;
  requests.lost = counts.lost;
  requests.answered = requests.sent - counts.lost;
  requests.ok = CountOf(counts, grpc::StatusCode::OK);
  requests.good = counts.good;
  requests.rejected = counts.rejected;
  return requests;
}

}  // namespace sconce::load
