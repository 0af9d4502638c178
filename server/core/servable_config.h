// ServableConfig: how one model is to be served.
#ifndef SERVER_CORE_SERVABLE_CONFIG_H_
#define SERVER_CORE_SERVABLE_CONFIG_H_

#include <cstdint>
#include <vector>

#include "server/base/clock.h"
#include "server/core/placement.h"
#include "server/core/precision.h"
#include "server/tensor/padding.h"
#include "server/tensor/signature.h"

namespace sconce {

// Plain values, taken from the flags and the model's config file. The fields
// of a file that the server does not honour are reported by whoever read it.
struct ServableConfig {
  // Rows one execution may take, where the config file says that dimension 0
  // counts rows; 0: it says nothing of the kind.
  int64_t max_batch_size = 0;

  // Whether rows of several requests run together. Proven: when a check found
  // that no row changes another's answer.
  enum class Batching { kProven, kTrusted, kOff };
  Batching batching = Batching::kProven;

  // Rows of one execution of a model that declares no max_batch_size; 0 is
  // kOff for such.
  int64_t max_undeclared_rows = 32;

  // Of a stateful model: sequences that may live, and how long without a
  // request.
  int64_t max_sequences = 1024;
  MonoDuration max_sequence_idle = std::chrono::minutes(1);

  // Requests that may wait for a lane before others are refused.
  int64_t max_queue_size = 1024;

  // How long a request may wait for others although a lane is free, and the
  // rows, ascending, of batches that do not wait.
  MonoDuration max_queue_delay = MonoDuration::zero();
  std::vector<int64_t> preferred_batch_sizes;

  // The time to answer of requests that bring no deadline; zero: they have as
  // long as it takes.
  MonoDuration slo = MonoDuration::zero();

  // Of its share of the lanes, beside other models that want them.
  int64_t weight = 1;

  // Requests have priorities from 1, the first, to this; 0: none have any.
  int64_t priority_levels = 0;
  int64_t default_priority_level = 0;

  Placement placement;

  // Whether calls are recorded on devices: never, where that is faster by a
  // tenth at least, always where it is possible.
  enum class Graphs { kOff, kAuto, kOn };
  Graphs graphs = Graphs::kOff;

  // Of forward: which inputs may be made longer to share batches.
  PaddingRules padding;

  PrecisionSettings precision;

  // What the config file declares. Shapes include the batch dimension. Empty
  // when it declares nothing; then the archive and the first requests tell.
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
};

}  // namespace sconce

#endif  // SERVER_CORE_SERVABLE_CONFIG_H_
