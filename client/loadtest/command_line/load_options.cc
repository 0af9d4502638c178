#include "client/loadtest/command_line/load_options.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "client/loadtest/command_line/connection_options.h"
#include "client/loadtest/command_line/option_text.h"
#include "client/loadtest/command_line/payload_options.h"
#include "client/loadtest/command_line/schedule_options.h"

namespace sconce::load {
namespace {

// CLI11's messages may run over several lines.
std::string OneLine(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

class ReportOptions : private OptionGroup {
 public:
  ReportOptions(CLI::App* app, LoadOptions* options)
      : OptionGroup(app, options, "Report") {
    AddText("--slo", "MS[@P]",
            "Latency that P % (99) of the requests have to meet",
            [options](const std::string& option, const std::string& text) {
              ReadSlo(option, text, &options->plan.setup);
            });
    AddFlag("--json", &options->json, "Print the report as JSON");
    AddFile("--output", &options->output,
            "Write the report as JSON there as well");
    Add("--metrics", &options->metrics, "URL",
        "Page of the server's counters; off: none "
        "[http://HOST:8002/metrics, where the address has port 8001]");
    AddFlag("--quiet", &options->quiet, "No progress line");
  }
};

// All options: adds them to the parser, in the order of --help. Used once.
class CommandLine {
 public:
  CommandLine() {
    app_.set_version_flag("--version", SCONCE_VERSION);
    app_.get_formatter()->column_width(34);
    schedule_.AddManyRuns();
  }

  LoadOptions Parse(int argc, const char* const* argv) {
    app_.parse(argc, argv);
    schedule_.Finish();
    payload_.Check();
    connection_.Finish();
    return std::move(options_);
  }

  std::string Help() const { return app_.help(); }

 private:
  CLI::App app_{
      "Loads a server of the Open Inference Protocol: requests leave when they "
      "are due, whatever the answers do, and each latency counts from then",
      "sconce-load"};
  LoadOptions options_;
  ConnectionOptions connection_{&app_, &options_};
  PayloadOptions payload_{&app_, &options_};
  ScheduleOptions schedule_{&app_, &options_};
  ReportOptions report_{&app_, &options_};
};

}  // namespace

std::variant<LoadOptions, ExitRequest> ParseCommandLine(
    int argc, const char* const* argv) {
  CommandLine line;
  try {
    return line.Parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return ExitRequest{0, line.Help()};
  } catch (const CLI::CallForVersion&) {
    return ExitRequest{0, SCONCE_VERSION "\n"};
  } catch (const CLI::ParseError& error) {
    return ExitRequest{2, absl::StrCat("sconce-load: ", OneLine(error.what()),
                                       "; see --help\n")};
  }
}

}  // namespace sconce::load
