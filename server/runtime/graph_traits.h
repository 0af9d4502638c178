// What a graph alone tells about every run of it.
#ifndef SERVER_RUNTIME_GRAPH_TRAITS_H_
#define SERVER_RUNTIME_GRAPH_TRAITS_H_

#include <torch/csrc/jit/ir/ir.h>

#include <string>

namespace sconce {

// All look into inner blocks. REQUIRES: calls are inlined.

// Whether the sizes of the inputs bound the time of a run: no loop, and no
// number read out of a tensor, which could be a size.
bool HasBoundedTime(const torch::jit::Graph& graph);

// The first operator that makes a number out of a tensor's values, as
// "aten::Bool"; empty when there is none. What the code does with the number
// holds for all rows of a batch, so that one row could decide for another. So
// does, where the code has branches, a size that depends on values. A number
// that only decides whether to raise an error, of all rows or of any, does not
// count.
std::string ReaderOfValues(const torch::jit::Graph& graph);

// Whether the code goes one of two ways, by a size or anything else; a way
// that only raises an error does not count.
bool HasBranches(const torch::jit::Graph& graph);

// The first operator that may return before its copy is done (an argument
// `non_blocking` that is not the constant False), as "aten::to"; empty when
// there is none.
std::string CopierWithoutWaiting(const torch::jit::Graph& graph);

}  // namespace sconce

#endif  // SERVER_RUNTIME_GRAPH_TRAITS_H_
