// ServableConfig: how one model is to be served.
#ifndef SERVER_CORE_SERVABLE_CONFIG_H_
#define SERVER_CORE_SERVABLE_CONFIG_H_

#include <cstdint>
#include <vector>

#include "server/tensor/signature.h"

namespace sconce {

// Plain values, taken from the flags and the model's config file. The fields
// of a file that the server does not honour are reported by whoever read it.
struct ServableConfig {
  // Rows one execution may take; 0: requests are not batched.
  int64_t max_batch_size = 0;

  // Requests that may wait for a lane before others are refused.
  int64_t max_queue_size = 1024;

  // What the config file declares. Shapes include the batch dimension. Empty
  // when it declares nothing; then the archive and the first requests tell.
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
};

}  // namespace sconce

#endif  // SERVER_CORE_SERVABLE_CONFIG_H_
