// TraceReader: the lines of a trace, a CSV file.
#ifndef CLIENT_LOADTEST_ARRIVALS_TRACE_READER_H_
#define CLIENT_LOADTEST_ARRIVALS_TRACE_READER_H_

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sconce::load {

struct TraceLine {
  int64_t number = 0;  // 1 is the file's first
  double seconds = 0;  // since the begin
  std::string entry;   // "" when the file does not tell
};

// The first line names the columns: `seconds` has to be one, `entry` may be,
// others do not matter. Times do not decrease. One thread at a time.
class TraceReader {
 public:
  explicit TraceReader(std::string path);

  // The next line; nothing at the end. NOT_FOUND when the file cannot be read,
  // INVALID_ARGUMENT with file and line for what is wrong in it.
  absl::StatusOr<std::optional<TraceLine>> Next();

 private:
  absl::Status ReadHeader();
  bool ReadFields(std::vector<std::string>* fields);
  absl::StatusOr<TraceLine> Parse(const std::vector<std::string>& fields);
  absl::Status Wrong(absl::string_view what) const;

  const std::string path_;
  std::ifstream file_;
  std::optional<size_t> seconds_column_;
  std::optional<size_t> entry_column_;
  int64_t number_ = 0;
  double latest_ = 0;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_ARRIVALS_TRACE_READER_H_
