#include "server/telemetry/log.h"

#include <nlohmann/json.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace sconce {
namespace {

LogFormat g_format = LogFormat::kText;

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// spdlog brings the level test, the locked sink and the flushing; the line is
// ready when it gets there.
spdlog::logger* Logger() {
  static spdlog::logger* const logger = [] {
    auto* made = new spdlog::logger(
        "sconce", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return logger;
}

absl::string_view LevelName(LogLevel level) {
  const auto name = spdlog::level::to_string_view(ToSpdlog(level));
  return {name.data(), name.size()};
}

std::string Timestamp() {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(),
                          absl::UTCTimeZone());
}

nlohmann::json ToJson(const LogField::Value& value) {
  return std::visit([](const auto& v) { return nlohmann::json(v); }, value);
}

// Bytes that are no UTF-8 (a model's or a client's) become U+FFFD.
std::string Dump(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string JsonLine(LogLevel level, absl::string_view message,
                     LogFields fields) {
  nlohmann::ordered_json line;
  line["time"] = Timestamp();
  line["level"] = std::string(LevelName(level));
  line["message"] = std::string(message);
  for (const LogField& field : fields) line[field.key] = ToJson(field.value);
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Strings are quoted as in JSON, so that an event stays one line.
std::string TextLine(LogLevel level, absl::string_view message,
                     LogFields fields) {
  std::string line =
      absl::StrCat(Timestamp(), " ", LevelName(level), " ", message);
  for (const LogField& field : fields) {
    absl::StrAppend(&line, " ", field.key, "=", Dump(ToJson(field.value)));
  }
  return line;
}

}  // namespace

void ConfigureLog(LogFormat format, LogLevel level) {
  g_format = format;
  Logger()->set_level(ToSpdlog(level));
}

void Log(LogLevel level, absl::string_view message, LogFields fields) {
  if (!Logger()->should_log(ToSpdlog(level))) return;
  const std::string line = g_format == LogFormat::kJson
                               ? JsonLine(level, message, fields)
                               : TextLine(level, message, fields);
  Logger()->log(ToSpdlog(level),
                spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace sconce
