// WriteFile: a file that is never half written.
#ifndef CLIENT_LOADTEST_REPORT_WRITE_FILE_H_
#define CLIENT_LOADTEST_REPORT_WRITE_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sconce::load {

// Writes a file beside `path` and renames it; what is no plain file (a pipe,
// /dev/stdout) is written as it is. An error names the path and the reason;
// then what was there before is there still. Blocks.
absl::Status WriteFile(const std::string& path, absl::string_view text);

// Whether WriteFile() could write there now; said before a load of an hour, not
// after it. Leaves everything as it is.
absl::Status CheckWritable(const std::string& path);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_REPORT_WRITE_FILE_H_
