// PaddedExamples: the shapes of which calls are recorded.
#ifndef SERVER_RUNTIME_GRAPH_SHAPES_H_
#define SERVER_RUNTIME_GRAPH_SHAPES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "server/runtime/call_graphs.h"
#include "server/tensor/padding.h"

namespace sconce {

// `example`, whose tensors have these `names`, as requests of its lengths are
// when they are padded to each size of `rules` from theirs on: for two lengths
// all pairs of sizes, and so on, the shortest first, kMostShapes at most. Never
// shorter: what one input says of another's length has to stay true. Without
// rules the example alone.
inline constexpr size_t kMostShapes = 16;
absl::StatusOr<std::vector<CallGraphs::Tensors>> PaddedExamples(
    const CallGraphs::Tensors& example, const std::vector<std::string>& names,
    const PaddingRules& rules);

}  // namespace sconce

#endif  // SERVER_RUNTIME_GRAPH_SHAPES_H_
