// ModelDescription: what a model takes and gives, as its server tells it.
#ifndef CLIENT_LOADTEST_PAYLOAD_MODEL_DESCRIPTION_H_
#define CLIENT_LOADTEST_PAYLOAD_MODEL_DESCRIPTION_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "client/loadtest/payload/server_access.h"
#include "sconce/tensor_view.h"

namespace sconce::load {

struct TensorDescription {
  std::string name;
  std::optional<DataType> type;  // nothing: unknown
  Shape shape;                   // -1: any size
  bool optional = false;         // an input that may be left out
};

struct ModelDescription {
  std::vector<TensorDescription> inputs;
  std::vector<TensorDescription> outputs;  // empty: unknown
};

// Asks the server, for at most ten seconds. NOT_FOUND names the models that it
// has, where it tells them; UNAVAILABLE when nothing answers there;
// UNIMPLEMENTED when it is no server of the Open Inference Protocol.
absl::StatusOr<ModelDescription> DescribeModel(const ServerAccess& server,
                                               absl::string_view model,
                                               absl::string_view version);

// Whether answers tell how long the server took: those of a server with the
// extension `timings` do, when the request has the parameter. Others may refuse
// a parameter that they do not know. False as well when it does not answer.
bool TellsTimings(const ServerAccess& server);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_MODEL_DESCRIPTION_H_
