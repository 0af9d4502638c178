// FailNthCall: one of the system calls of server/base/file_calls.h fails.
#ifndef TESTS_SUPPORT_NTH_CALL_H_
#define TESTS_SUPPORT_NTH_CALL_H_

#include <string>

#include "server/base/file_calls.h"

namespace sconce {

// While it lives, the n-th call (from 1) fails with `error`. For one thread.
class FailNthCall {
 public:
  FailNthCall(int n, int error)
      : fault_([this, n, error](absl::string_view call) {
          if (++calls_ != n) return 0;
          failed_ = std::string(call);
          return error;
        }) {}

  // The call that failed; empty when there were fewer than n.
  const std::string& failed() const { return failed_; }

 private:
  int calls_ = 0;
  std::string failed_;
  ScopedFileFault fault_;
};

}  // namespace sconce

#endif  // TESTS_SUPPORT_NTH_CALL_H_
