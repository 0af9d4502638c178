// ScanRemark: what a scan has to tell the log, and ScanLog, which tells it
// once.
#ifndef SERVER_SOURCES_SCAN_REMARK_H_
#define SERVER_SOURCES_SCAN_REMARK_H_

#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "server/base/mutex.h"
#include "server/telemetry/log.h"

namespace sconce {

// One line of the log: a message and one or two named values.
struct ScanRemark {
  std::string model;  // that it concerns, if any
  LogLevel level = LogLevel::kWarning;
  std::string message;
  std::string subject_key;  // "model", "file" …
  std::string subject;
  std::string detail_key = {};  // empty: no second value
  std::string detail = {};

  friend auto operator<=>(const ScanRemark&, const ScanRemark&) = default;
};

// Of a config file.
ScanRemark NotHonoured(const std::string& model, const std::string& field);

// A repository is scanned often; what the scan before found too is not logged
// again. Thread-safe.
class ScanLog {
 public:
  // The remarks of a scan of everything or, with `model`, of this one only.
  void Tell(const std::vector<ScanRemark>& remarks,
            absl::string_view model = "") ABSL_LOCKS_EXCLUDED(mu_);

 private:
  Mutex mu_;
  std::set<ScanRemark> told_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_SOURCES_SCAN_REMARK_H_
