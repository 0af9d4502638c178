// PayloadOptions: what is sent, and what the answers have to be.
#ifndef CLIENT_LOADTEST_COMMAND_LINE_PAYLOAD_OPTIONS_H_
#define CLIENT_LOADTEST_COMMAND_LINE_PAYLOAD_OPTIONS_H_

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <vector>

#include "client/loadtest/command_line/option_group.h"

namespace sconce::load {

class PayloadOptions : private OptionGroup {
 public:
  PayloadOptions(CLI::App* app, LoadOptions* options);

  // When all was read.
  void Check() const;

 private:
  using ReadOfModel = std::function<void(
      const std::string& option, const std::string& text, EntrySpec* entry)>;

  void AddMixes();
  void AddInputs();
  void AddMadeUp();
  void AddChecks();

  // About the model before it, or before the first one about all.
  void AddOfModel(const std::string& name, const std::string& form,
                  const std::string& help, const ReadOfModel& read);

  EntrySpec of_all_;  // what stands before the first --model
  std::vector<CLI::Option*> of_model_;
  CLI::Option* mix_ = nullptr;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_COMMAND_LINE_PAYLOAD_OPTIONS_H_
