// The server's log: one line per event on standard error, as text or JSON.
#ifndef SERVER_TELEMETRY_LOG_H_
#define SERVER_TELEMETRY_LOG_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/string_view.h"

namespace sconce {

enum class LogFormat { kText, kJson };
enum class LogLevel { kDebug, kInfo, kWarning, kError };

// One named value of an event, e.g. {"model", "resnet18"}.
struct LogField {
  using Value = std::variant<std::string, int64_t, double, bool>;

  LogField(absl::string_view k, absl::string_view v)
      : key(k), value(std::string(v)) {}
  LogField(absl::string_view k, const char* v)
      : key(k), value(std::string(v)) {}
  LogField(absl::string_view k, const std::string& v) : key(k), value(v) {}
  LogField(absl::string_view k, bool v) : key(k), value(v) {}
  LogField(absl::string_view k, double v) : key(k), value(v) {}
  LogField(absl::string_view k, int64_t v) : key(k), value(v) {}
  LogField(absl::string_view k, int v) : key(k), value(int64_t{v}) {}

  std::string key;
  Value value;
};

using LogFields = std::initializer_list<LogField>;

// Sets form and least level for the process. Call once, before other threads
// log. Without it: text, kInfo.
void ConfigureLog(LogFormat format, LogLevel level);

// Writes one event. `message` is a constant phrase; what varies goes into
// `fields`. Thread-safe.
void Log(LogLevel level, absl::string_view message, LogFields fields = {});

inline void LogDebug(absl::string_view message, LogFields fields = {}) {
  Log(LogLevel::kDebug, message, fields);
}
inline void LogInfo(absl::string_view message, LogFields fields = {}) {
  Log(LogLevel::kInfo, message, fields);
}
inline void LogWarning(absl::string_view message, LogFields fields = {}) {
  Log(LogLevel::kWarning, message, fields);
}
inline void LogError(absl::string_view message, LogFields fields = {}) {
  Log(LogLevel::kError, message, fields);
}

}  // namespace sconce

#endif  // SERVER_TELEMETRY_LOG_H_
