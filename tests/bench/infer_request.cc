#include "tests/bench/infer_request.h"

#include <grpcpp/support/slice.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace sconce::bench {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::vector<InferRequest> ReadRequests(const std::vector<std::string>& files,
                                       const std::vector<std::string>& answers,
                                       double tolerance) {
  if (!answers.empty() && answers.size() != files.size()) {
    throw std::runtime_error(std::to_string(files.size()) + " requests and " +
                             std::to_string(answers.size()) +
                             " answers: --expect goes with each --request");
  }
  std::vector<InferRequest> requests(files.size());
  for (size_t i = 0; i < files.size(); ++i) {
    const grpc::Slice content(ReadFile(files[i]));
    requests[i].message = grpc::ByteBuffer(&content, 1);
    if (!answers.empty()) {
      requests[i].check.emplace(ReadFile(answers[i]), tolerance);
    }
  }
  return requests;
}

}  // namespace sconce::bench
