// ChildCommand and ChildEnd: what a ForkServer's child is to do, and how it
// ended.
#ifndef SERVER_BASE_CHILD_PROCESS_H_
#define SERVER_BASE_CHILD_PROCESS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "server/base/clock.h"

namespace sconce {

// Where a child writes its report.
constexpr int kReportDescriptor = 3;

struct ChildCommand {
  std::vector<std::string> arguments;           // without zero bytes
  MonoDuration timeout = MonoDuration::zero();  // zero is no limit
  size_t max_report_bytes = size_t{1} << 20;    // the rest is thrown away
};

struct ChildEnd {
  int exit_code = 0;
  int signal = 0;  // that ended it; 0 when it ended by itself
  bool timed_out = false;
  std::string report;
};

}  // namespace sconce

#endif  // SERVER_BASE_CHILD_PROCESS_H_
