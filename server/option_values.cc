#include "server/option_values.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

#include "server/base/status_macros.h"
#include "server/sources/repository_path.h"

namespace sconce {
namespace {

constexpr int kMostLanes = 1024;
constexpr int kMostThreads = 256;

// More is a slip, and infinity would overflow.
constexpr absl::Duration kLongest = absl::Hours(24 * 7);

bool ReadInteger(absl::string_view text, int least, int most, int* value) {
  // SimpleAtoi() takes signs and blanks as well.
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), absl::ascii_isdigit) &&
         absl::SimpleAtoi(text, value) && least <= *value && *value <= most;
}

}  // namespace

absl::StatusOr<absl::Duration> DurationOf(const std::string& text) {
  absl::Duration value;
  if (absl::ParseDuration(text, &value) && value >= absl::ZeroDuration() &&
      value <= kLongest) {
    return value;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "' is no duration; write 500ms, 10s or 1m"));
}

absl::StatusOr<std::optional<absl::Duration>> ProbeLimitOf(
    const std::string& text, absl::Duration usual) {
  if (text == "off" || text == "false") return std::nullopt;
  if (text == "on" || text == "true") return usual;
  const absl::StatusOr<absl::Duration> limit = DurationOf(text);
  if (limit.ok()) return *limit;
  return absl::InvalidArgumentError(
      absl::StrCat(limit.status().message(), ", or off"));
}

absl::StatusOr<ModelPath> ModelPathOf(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals + 1 == text.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' has no name or no path; write NAME=PATH"));
  }
  ModelPath model{text.substr(0, equals), text.substr(equals + 1)};
  RETURN_IF_ERROR(CheckModelName(model.name));
  return model;
}

absl::StatusOr<LaneCount> LaneCountOf(const std::string& text) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(text, absl::MaxSplits('x', 1));
  const auto& [lanes, threads] = parts;
  LaneCount count;
  const bool has_threads = lanes.size() < text.size();
  if (ReadInteger(lanes, 0, kMostLanes, &count.lanes) &&
      (!has_threads ||
       ReadInteger(threads, 1, kMostThreads, &count.threads_per_lane))) {
    return count;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "'", text, "' is no number of lanes; write 4, or 4x2 for 4 with 2 ",
      "threads each (0 to ", kMostLanes, " with 1 to ", kMostThreads, ")"));
}

absl::StatusOr<HostAndPort> AddressOf(const std::string& text) {
  HostAndPort address;
  if (text.empty() || text == "off") return address;
  const size_t colon = text.rfind(':');
  address.host = text.substr(0, colon);
  if (address.host.size() > 2 && address.host.front() == '[' &&
      address.host.back() == ']') {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  if (colon != std::string::npos && !address.host.empty() &&
      ReadInteger(text.substr(colon + 1), 0, 65535, &address.port)) {
    return address;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "' is no address; write 127.0.0.1:8003, or off"));
}

}  // namespace sconce
