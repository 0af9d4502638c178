// BatchingVerdict: whether requests of a method share batches.
#ifndef SERVER_CORE_BATCHING_VERDICT_H_
#define SERVER_CORE_BATCHING_VERDICT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sconce {

// Of requests of one kind: with the same inputs, types, ranks and values that
// are no tensors; where the code has branches, with the same sizes of a row.
struct KindVerdict {
  std::vector<int64_t> kind;
  int64_t rows = 0;  // that a batch may have; 0: none is formed
  std::string text;  // one line: "on, …" or "off: " and why
};

// Of a method.
struct BatchingVerdict {
  std::string text;                // one line, of the kind that came first
  std::vector<KindVerdict> kinds;  // that are decided
};

// By the names of methods.
using BatchingVerdicts = std::map<std::string, BatchingVerdict>;

}  // namespace sconce

#endif  // SERVER_CORE_BATCHING_VERDICT_H_
