// OptionGroup: what the groups of options have in common.
#ifndef CLIENT_LOADTEST_COMMAND_LINE_OPTION_GROUP_H_
#define CLIENT_LOADTEST_COMMAND_LINE_OPTION_GROUP_H_

#include <CLI/CLI.hpp>

#include <functional>
#include <string>

#include "absl/strings/str_cat.h"

#include "client/loadtest/command_line/load_options.h"

namespace sconce::load {

// Adds options to the parser under one heading. Lives as long as the parser;
// one thread at a time. Errors are CLI::ValidationError, in one line.
class OptionGroup {
 public:
  OptionGroup(const OptionGroup&) = delete;
  OptionGroup& operator=(const OptionGroup&) = delete;

 protected:
  using Read =
      std::function<void(const std::string& option, const std::string& text)>;

  OptionGroup(CLI::App* app, LoadOptions* options, std::string heading);
  ~OptionGroup() = default;

  // An option that is read where it stands, so that its place may matter.
  CLI::Option* AddText(const std::string& name, const std::string& form,
                       const std::string& help, const Read& read);

  CLI::Option* AddFile(const std::string& name, std::string* value,
                       const std::string& help);

  CLI::Option* AddSeconds(const std::string& name, double* value, double least,
                          const std::string& help);

  template <typename Value>
  CLI::Option* Add(const std::string& name, Value* value,
                   const std::string& form, const std::string& help) {
    return app_->add_option(name, *value, help)
        ->type_name(form)
        ->group(heading_);
  }

  CLI::Option* AddFlag(const std::string& name, bool* value,
                       const std::string& help) {
    return app_->add_flag(name, *value, help)->group(heading_);
  }

  // CLI11 can do this, but then says so below every option of --help.
  static void RefuseBoth(const CLI::Option* one, const CLI::Option* other);

  // Without the range in --help. CLI::Range takes NaN for any number.
  template <typename Number>
  static CLI::Validator InRange(Number least, Number most) {
    const auto check = [least, most](std::string& text) {
      Number value{};
      const bool good = CLI::detail::lexical_cast(text, value) &&
                        value >= least && value <= most;
      return good ? std::string()
                  : absl::StrCat("'", text, "'; expected a number from ", least,
                                 " to ", most);
    };
    return CLI::Validator(check, "");
  }

  CLI::App* const app_;
  LoadOptions* const options_;
  const std::string heading_;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_COMMAND_LINE_OPTION_GROUP_H_
