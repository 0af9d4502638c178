// ModelProbe: tries a model out where a crash costs nothing.
#ifndef SERVER_RUNTIME_PROBE_MODEL_PROBE_H_
#define SERVER_RUNTIME_PROBE_MODEL_PROBE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "server/base/child_process.h"
#include "server/base/clock.h"
#include "server/core/loader.h"
#include "server/runtime/torch_loader.h"
#include "server/telemetry/log.h"

namespace sconce {

// Has each model loaded in a process of its own, as the server would
// (probe_child.h). Thread-safe; immutable after construction.
class ModelProbe {
 public:
  struct Options {
    TorchLoaderOptions loader;  // what is borrowed there is not used
    MonoDuration timeout = MonoDuration::zero();  // zero is no limit
    uint64_t memory_bytes = 0;                    // likewise
    LogFormat log_format = LogFormat::kText;
    LogLevel log_level = LogLevel::kError;
    // Runs the process: that of a ForkServer with RunForkServer(), or a test's.
    std::function<absl::StatusOr<ChildEnd>(const ChildCommand&)> run;
  };

  explicit ModelProbe(const Options& options) : options_(options) {}

  // Blocks until the process is gone. When the model was loaded there
  // and answered: what is known for good about batching its methods; else what
  // ProbeVerdict() says. REQUIRES: the file was proven.
  absl::StatusOr<BatchingVerdicts> Prove(const ServableSpec& spec) const;

 private:
  const Options options_;
};

// What the fork server's child is told that is to do `command` with a model.
ChildCommand ProbeCommand(const std::string& command, const ServableSpec& spec,
                          const ModelProbe::Options& options);

}  // namespace sconce

#endif  // SERVER_RUNTIME_PROBE_MODEL_PROBE_H_
