#include "client/loadtest/command_line/option_group.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace sconce::load {
namespace {

// A week: what is longer is a slip.
constexpr double kMostSeconds = 7 * 24 * 3600;

}  // namespace

OptionGroup::OptionGroup(CLI::App* app, LoadOptions* options,
                         std::string heading)
    : app_(app), options_(options), heading_(std::move(heading)) {}

CLI::Option* OptionGroup::AddText(const std::string& name,
                                  const std::string& form,
                                  const std::string& help, const Read& read) {
  const auto parse = [name, read](const std::string& text) {
    read(name, text);
  };
  return app_->add_option_function<std::string>(name, parse, help)
      ->trigger_on_parse()
      ->allow_extra_args(false)
      ->type_name(form)
      ->group(heading_);
}

CLI::Option* OptionGroup::AddFile(const std::string& name, std::string* value,
                                  const std::string& help) {
  return Add(name, value, "FILE", help);
}

CLI::Option* OptionGroup::AddSeconds(const std::string& name, double* value,
                                     double least, const std::string& help) {
  return Add(name, value, "SECONDS", help)
      ->check(InRange(least, kMostSeconds))
      ->capture_default_str();
}

void OptionGroup::RefuseBoth(const CLI::Option* one, const CLI::Option* other) {
  if (one->empty() || other->empty()) return;
  throw CLI::ValidationError(absl::StrCat(
      one->get_name(), " and ", other->get_name(), " exclude each other"));
}

}  // namespace sconce::load
