// ProbeReport: what a process that tries a model out tells the server.
#ifndef SERVER_RUNTIME_PROBE_PROBE_REPORT_H_
#define SERVER_RUNTIME_PROBE_PROBE_REPORT_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "server/base/clock.h"
#include "server/core/batching_verdict.h"

namespace sconce {

struct ProbeReport {
  struct Step {
    std::string name;
    double seconds = 0;  // from the begin of the process to that of the step
  };

  std::vector<Step> steps;             // that were begun
  std::optional<absl::Status> status;  // of the load; nothing: it never ended
  BatchingVerdicts batching;           // the kinds that are decided

  // The step that was begun last: "loading".
  std::string last_step() const;
};

// Reads the lines that a ProbeReportWriter wrote; one that was cut off, or is
// none of its own, is passed over.
ProbeReport ReadProbeReport(const std::string& text);

// Takes what ProbeReportWriter::Attach() wrote out of `text`.
std::string TakeAttachment(std::string* text);

// Writes each line at once, because the process may end at any time. One
// thread at a time.
class ProbeReportWriter {
 public:
  explicit ProbeReportWriter(int descriptor) : descriptor_(descriptor) {}

  void Begin(absl::string_view step);
  void Batching(const std::string& method, const KindVerdict& verdict);
  void End(const absl::Status& status);
  // Text that is no part of the report; call last.
  void Attach(const std::string& text);

 private:
  void Write(const std::string& line);

  const int descriptor_;  // borrowed
  const MonoTime begin_ = Clock::Real()->Now();
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_PROBE_PROBE_REPORT_H_
