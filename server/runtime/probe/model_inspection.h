// InspectArchive: what a model is made of, without running it.
#ifndef SERVER_RUNTIME_PROBE_MODEL_INSPECTION_H_
#define SERVER_RUNTIME_PROBE_MODEL_INSPECTION_H_

#include <functional>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sconce {

// Proves the archive as a load does, loads it, and describes it as JSON:
//
//   {"modules": [{"path": "encoder.0", "type": "__torch__.Layer",
//                 "training": false,
//                 "methods": [{"name", "schema", "code", "graph"}],
//                 "parameters": [{"name", "dtype", "shape", "requires_grad",
//                                 "bytes"}],
//                 "buffers": [like parameters]}]}
//
// with the whole module, whose path is "", first. No method is called but
// __setstate__, which LibTorch runs while it loads a class that has one: it may
// unpack its state and no more, even where a load may run more
// (archive/state_setter_rule.h). INVALID_ARGUMENT for an archive that breaks
// this or any other rule of a load. Crashes where LibTorch does: call it in a
// process of its own. `on_step` is told what is done next.
absl::StatusOr<std::string> InspectArchive(
    const std::string& path, std::set<std::string> allowed_operators,
    const std::function<void(absl::string_view)>& on_step);

}  // namespace sconce

#endif  // SERVER_RUNTIME_PROBE_MODEL_INSPECTION_H_
