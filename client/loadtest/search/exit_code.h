// ExitCode: how the program ends after a load; doc/report.md has the list.
#ifndef CLIENT_LOADTEST_SEARCH_EXIT_CODE_H_
#define CLIENT_LOADTEST_SEARCH_EXIT_CODE_H_

#include "client/loadtest/measure/run_result.h"
#include "client/loadtest/report/many_runs.h"

namespace sconce::load {

inline constexpr int kDone = 0;
inline constexpr int kWrongAnswers = 1;  // or no OK at all, or no rate found
inline constexpr int kWrongCall = 2;
inline constexpr int kNoServer = 3;
inline constexpr int kVoid = 5;
inline constexpr int kInterrupted = 130;

int ExitCode(const RunResult& result);

// The worst of the runs.
int ExitCode(const SweepResult& result);

// A search makes runs that go wrong: only what it found matters, whether it was
// the client that could not do more, and answers that were wrong.
int ExitCode(const FindMaxResult& result);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SEARCH_EXIT_CODE_H_
