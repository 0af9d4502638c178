// Names of gRPC's status codes, and what a code says about a request.
#ifndef CLIENT_LOADTEST_MEASURE_CODE_NAME_H_
#define CLIENT_LOADTEST_MEASURE_CODE_NAME_H_

#include <grpcpp/support/status.h>

#include <string>

namespace sconce::load {

// "OK", "RESOURCE_EXHAUSTED" …; "UNKNOWN" for what gRPC does not know. Lives
// for ever.
const std::string& CodeName(grpc::StatusCode code);

// Whether the server, or what stands before it, would not take the request.
bool IsRejection(grpc::StatusCode code);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_MEASURE_CODE_NAME_H_
