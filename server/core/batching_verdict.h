// BatchingVerdict: whether requests of a method share batches.
#ifndef SERVER_CORE_BATCHING_VERDICT_H_
#define SERVER_CORE_BATCHING_VERDICT_H_

#include <cstdint>
#include <map>
#include <string>

namespace sconce {

struct BatchingVerdict {
  int64_t rows = 0;      // that a batch may have; 0: none is formed
  bool is_final = true;  // false: a check is to come, or runs
  std::string text;      // one line: "on, …" or "off: " and why
};

// By the names of methods.
using BatchingVerdicts = std::map<std::string, BatchingVerdict>;

}  // namespace sconce

#endif  // SERVER_CORE_BATCHING_VERDICT_H_
