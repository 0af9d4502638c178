// ModelInspector: describes a model's archive where a crash costs nothing.
#ifndef SERVER_RUNTIME_PROBE_MODEL_INSPECTOR_H_
#define SERVER_RUNTIME_PROBE_MODEL_INSPECTOR_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"

#include "server/core/loader.h"
#include "server/runtime/probe/model_probe.h"

namespace sconce {

// Thread-safe; immutable after construction.
class ModelInspector {
 public:
  // As for a ModelProbe: the same process, time and memory.
  explicit ModelInspector(ModelProbe::Options options)
      : options_(std::move(options)) {}

  // The JSON of InspectArchive(), of the file as it is now. Blocks. Errors are
  // those of the load and of a ModelProbe, and RESOURCE_EXHAUSTED for more than
  // kMaxInspectionBytes.
  absl::StatusOr<std::string> Inspect(const ServableSpec& spec) const;

 private:
  const ModelProbe::Options options_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_PROBE_MODEL_INSPECTOR_H_
