// ScheduleOptions: when requests are due, and in how many runs.
#ifndef CLIENT_LOADTEST_COMMAND_LINE_SCHEDULE_OPTIONS_H_
#define CLIENT_LOADTEST_COMMAND_LINE_SCHEDULE_OPTIONS_H_

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

#include "client/loadtest/command_line/option_group.h"
#include "client/loadtest/command_line/option_text.h"

namespace sconce::load {

class ScheduleOptions : private OptionGroup {
 public:
  ScheduleOptions(CLI::App* app, LoadOptions* options);

  // One run for each of several rates, under a heading of their own.
  void AddManyRuns();

  // When all was read.
  void Finish();

 private:
  void AddTimes();
  void AddRates();
  void AddTrace();
  void AddClosedLoop();
  CLI::Option* AddNumbers(const std::string& name, std::vector<double>* value,
                          const NumberList& list, const std::string& help);

  void CheckTogether() const;
  void CheckNeeds() const;
  RateBursts Bursts() const;
  void FinishShape();
  void FinishPlan();

  double duration_ = 10;
  double warmup_ = 1;
  double timeout_ = 60;
  std::string arrivals_value_ = "poisson";
  std::vector<double> steps_values_;
  std::vector<double> ramp_values_;
  std::vector<double> bursts_values_;
  TraceFile trace_file_;

  // The parser's; those that know of each other.
  CLI::Option* duration_option_ = nullptr;
  CLI::Option* warmup_option_ = nullptr;
  CLI::Option* most_ = nullptr;
  CLI::Option* rate_ = nullptr;
  CLI::Option* arrivals_ = nullptr;
  CLI::Option* steps_ = nullptr;
  CLI::Option* ramp_ = nullptr;
  CLI::Option* bursts_ = nullptr;
  CLI::Option* trace_ = nullptr;
  CLI::Option* speed_ = nullptr;
  CLI::Option* closed_ = nullptr;
  CLI::Option* sweep_ = nullptr;
  CLI::Option* find_max_ = nullptr;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_COMMAND_LINE_SCHEDULE_OPTIONS_H_
