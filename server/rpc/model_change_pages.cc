#include "server/rpc/model_change_pages.h"

#include <algorithm>
#include <string>

#include "server/rpc/call_status.h"
#include "server/rpc/resume_token.h"

namespace sconce {
namespace {

using management::v1::ModelChange;

void Describe(const StateEvent& event, ModelChange* out) {
  const ServableReport& report = event.report;
  out->set_name(report.id.model);
  out->set_version(report.id.version);
  out->set_state(std::string(ServableStateName(report.state)));
  out->set_reason(ToGrpcStatus(report.status).error_message());  // cut
  const timespec time = absl::ToTimespec(event.time);
  out->mutable_time()->set_seconds(time.tv_sec);
  out->mutable_time()->set_nanos(static_cast<int32_t>(time.tv_nsec));
}

}  // namespace

bool ModelChangePages::Next(management::v1::WatchModelsResponse* response) {
  if (told_ == page_.events.size()) {
    page_ = monitor_->Since(position_);
    position_ = page_.position;
    told_ = 0;
    if (page_.continues && page_.events.empty()) return false;
  }
  const size_t end = std::min(told_ + kMostChanges, page_.events.size());
  for (; told_ < end; ++told_) {
    Describe(page_.events[told_], response->add_changes());
  }
  response->set_snapshot(!page_.continues);
  const bool last = told_ == page_.events.size();
  if (last) {
    response->set_resume_token(MakeResumeToken(start_, page_.position));
  } else if (page_.continues) {
    response->set_resume_token(
        MakeResumeToken(start_, page_.events[told_ - 1].sequence));
  }
  return true;
}

}  // namespace sconce
