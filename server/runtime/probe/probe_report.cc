#include "server/runtime/probe/probe_report.h"

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_split.h"

namespace sconce {
namespace {

using Json = nlohmann::json;

// A model's own refusal may be of any length; the server reads so much.
constexpr size_t kMaxMessage = 64 << 10;

// Text that is no UTF-8 comes from the model.
std::string ToLine(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// Throws Json::exception for what no writer wrote.
void ReadLine(absl::string_view line, ProbeReport* report) {
  const Json json = Json::parse(line.begin(), line.end());
  if (json.contains("step")) {
    report->steps.push_back(
        {json.at("step").get<std::string>(), json.at("seconds").get<double>()});
  } else if (json.contains("method")) {
    report->batching[json.at("method").get<std::string>()].kinds.push_back(
        {json.at("kind").get<std::vector<int64_t>>(),
         json.at("rows").get<int64_t>(), json.at("text").get<std::string>()});
  } else {
    report->status =
        absl::Status(static_cast<absl::StatusCode>(json.at("code").get<int>()),
                     json.at("message").get<std::string>());
  }
}

}  // namespace

std::string ProbeReport::last_step() const {
  return steps.empty() ? "starting" : steps.back().name;
}

ProbeReport ReadProbeReport(const std::string& text) {
  ProbeReport report;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    try {
      ReadLine(line, &report);
    } catch (const Json::exception&) {
      continue;
    }
  }
  return report;
}

// No line of a report is empty.
std::string TakeAttachment(std::string* text) {
  const size_t end = text->find("\n\n");
  if (end == std::string::npos) return "";
  std::string attachment = text->substr(end + 2);
  text->resize(end + 1);
  return attachment;
}

void ProbeReportWriter::Begin(absl::string_view step) {
  Write(ToLine({{"step", std::string(step)},
                {"seconds", ToSeconds(Clock::Real()->Now() - begin_)}}));
}

void ProbeReportWriter::Batching(const std::string& method,
                                 const KindVerdict& verdict) {
  Write(ToLine({{"method", method},
                {"kind", verdict.kind},
                {"rows", verdict.rows},
                {"text", verdict.text}}));
}

void ProbeReportWriter::End(const absl::Status& status) {
  Write(ToLine(
      {{"code", static_cast<int>(status.code())},
       {"message", std::string(status.message().substr(0, kMaxMessage))}}));
}

void ProbeReportWriter::Attach(const std::string& text) {
  Write("\n");
  Write(text);
}

void ProbeReportWriter::Write(const std::string& line) {
  size_t done = 0;
  while (done < line.size()) {
    const ssize_t wrote =
        write(descriptor_, line.data() + done, line.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return;  // nobody reads it
    done += static_cast<size_t>(wrote);
  }
}

}  // namespace sconce
