#include "client/loadtest/measure/code_name.h"

#include <array>

namespace sconce::load {

const std::string& CodeName(grpc::StatusCode code) {
  static const auto* const kNames =
      new std::array<std::string, 17>{"OK",
                                      "CANCELLED",
                                      "UNKNOWN",
                                      "INVALID_ARGUMENT",
                                      "DEADLINE_EXCEEDED",
                                      "NOT_FOUND",
                                      "ALREADY_EXISTS",
                                      "PERMISSION_DENIED",
                                      "RESOURCE_EXHAUSTED",
                                      "FAILED_PRECONDITION",
                                      "ABORTED",
                                      "OUT_OF_RANGE",
                                      "UNIMPLEMENTED",
                                      "INTERNAL",
                                      "UNAVAILABLE",
                                      "DATA_LOSS",
                                      "UNAUTHENTICATED"};
  const auto number = static_cast<size_t>(code);
  return number < kNames->size() ? (*kNames)[number]
                                 : (*kNames)[grpc::StatusCode::UNKNOWN];
}

bool IsRejection(grpc::StatusCode code) {
  return code == grpc::StatusCode::RESOURCE_EXHAUSTED ||
         code == grpc::StatusCode::UNAVAILABLE;
}

}  // namespace sconce::load
