// RunChild: runs a program to its end, within a limit of time, and reads what
// it reports.
#ifndef SERVER_BASE_CHILD_PROCESS_H_
#define SERVER_BASE_CHILD_PROCESS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "server/base/clock.h"

namespace sconce {

// Where a child writes its report.
constexpr int kReportDescriptor = 3;

struct ChildCommand {
  std::string program;                          // its path
  std::vector<std::string> arguments;           // from its own name on
  MonoDuration timeout = MonoDuration::zero();  // zero is no limit
  size_t max_report_bytes = size_t{1} << 20;    // the rest is thrown away
};

// How a child ended.
struct ChildEnd {
  int exit_code = 0;
  int signal = 0;  // that ended it; 0 when it ended by itself
  bool timed_out = false;
  std::string report;
};

// Runs `command` in a process group of its own and waits until it is gone; it
// is killed when its time is over, and when it closes its report and goes on.
// The child has no signal blocked or ignored and no descriptor but these:
// nothing to read, standard output thrown away, our standard error, and
// kReportDescriptor. An error says why it could not be started. Blocks.
// Thread-safe.
absl::StatusOr<ChildEnd> RunChild(const ChildCommand& command);

}  // namespace sconce

#endif  // SERVER_BASE_CHILD_PROCESS_H_
