// MadeByClient: who an error is from.
#ifndef CLIENT_LOADTEST_MEASURE_ERROR_ORIGIN_H_
#define CLIENT_LOADTEST_MEASURE_ERROR_ORIGIN_H_

#include <grpcpp/support/status.h>

#include <string>

namespace sconce::load {

// Whether this program's own gRPC gave the request up: no connection, a lost
// one, or the deadline. gRPC does not tell it from a server's answer but by the
// text; an error whose text is not known to be gRPC's is the server's.
bool MadeByClient(grpc::StatusCode code, const std::string& error);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_MEASURE_ERROR_ORIGIN_H_
