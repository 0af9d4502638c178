// How figures are written for people.
#ifndef CLIENT_LOADTEST_REPORT_TEXT_FIGURES_H_
#define CLIENT_LOADTEST_REPORT_TEXT_FIGURES_H_

#include <chrono>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

#include "client/loadtest/measure/run_result.h"

namespace sconce::load {

// "1.250": milliseconds; "-" where there is none.
std::string MsText(std::optional<std::chrono::nanoseconds> time);

// "100.0": of `count` in `seconds`; "-" in no time.
std::string RateText(double count, double seconds);

// "50 ms for 99 %" of a setup with an SLO.
std::string SloText(const RunSetup& setup);

// "met", "missed", "too few to tell", "-" without an SLO.
std::string VerdictText(const RunResult& result);

// "0.04 cores, 40 us a request"; without the latter for no requests.
std::string CpuText(double cpu_seconds, double window_seconds, double requests);

// Without control characters, which a server's names might bring.
std::string PlainText(absl::string_view text);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_REPORT_TEXT_FIGURES_H_
