// What the values of flags mean.
//
// INVALID_ARGUMENT from any of these: the text, and what is expected instead.
#ifndef SERVER_OPTION_VALUES_H_
#define SERVER_OPTION_VALUES_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "server/sources/model_path.h"

namespace sconce {

// "250ms", "10s", "1m30s"; a week at most.
absl::StatusOr<absl::Duration> DurationOf(const std::string& text);

// "off", or the time limit; "on", and what --model-probe took before it took
// a time, true and false, are understood. Nothing: off. `usual` is what "on"
// stands for.
absl::StatusOr<std::optional<absl::Duration>> ProbeLimitOf(
    const std::string& text, absl::Duration usual);

// "NAME=PATH", both not empty. Does not look at the disk.
absl::StatusOr<ModelPath> ModelPathOf(const std::string& text);

// "4", or "4x2": how many, with how many threads each.
struct LaneCount {
  int lanes = 0;  // 0: one per processor
  int threads_per_lane = 1;
};
absl::StatusOr<LaneCount> LaneCountOf(const std::string& text);

// "HOST:PORT", "[::1]:PORT" or "off", which has no host.
struct HostAndPort {
  std::string host;
  int port = 0;
};
absl::StatusOr<HostAndPort> AddressOf(const std::string& text);

}  // namespace sconce

#endif  // SERVER_OPTION_VALUES_H_
