#include "client/loadtest/command_line/payload_options.h"

#include "client/loadtest/command_line/option_text.h"

namespace sconce::load {
namespace {

void ReadWeight(const std::string& option, const std::string& text,
                EntrySpec* entry) {
  entry->weight = ReadNumbers(option, text, {"a number above 0", ',', 1, 1})[0];
  if (entry->weight > 0) return;
  throw CLI::ValidationError(option, "expected more than 0");
}

void ReadInput(const std::string& option, const std::string& text,
               EntrySpec* entry) {
  const auto [name, value] = ReadNamed(option, text);
  entry->inputs[name] = value;
}

void ReadBatch(const std::string& option, const std::string& text,
               EntrySpec* entry) {
  entry->batch = static_cast<int64_t>(
      ReadNumbers(option, text, {"a number of rows", ',', 1, 1})[0]);
}

void ReadTolerance(const std::string& option, const std::string& text,
                   EntrySpec* entry) {
  entry->tolerance = ReadNumbers(option, text, {"a number", ',', 1, 1})[0];
}

}  // namespace

PayloadOptions::PayloadOptions(CLI::App* app, LoadOptions* options)
    : OptionGroup(app, options, "What") {
  AddMixes();
  AddInputs();
  AddMadeUp();
  AddChecks();
}

void PayloadOptions::AddMixes() {
  of_model_.push_back(AddText(
      "--model", "NAME[:METHOD][@VERSION]",
      "Model to ask; several are a mix. What stands after it in this group is "
      "about it, what stands before the first one about all",
      [this](const std::string& option, const std::string& text) {
        ReadModel(option, text, &options_->entries.emplace_back(of_all_));
      }));
  mix_ = AddFile("--mix", &options_->mix_file, "The mix as JSON, instead");
  AddOfModel("--weight", "W", "Its share of the requests [1]", ReadWeight);
}

void PayloadOptions::AddInputs() {
  AddOfModel("--input", "NAME=FILE", "An .npy file, or values as JSON",
             ReadInput);
  AddOfModel("--inputs", "FILE", "An .npz file with inputs",
             [](const std::string&, const std::string& text, EntrySpec* entry) {
               entry->npz = text;
             });
}

void PayloadOptions::AddMadeUp() {
  AddOfModel("--shape", "NAME=D,D,...",
             "Of a made-up input [1 for each open size]", ReadShape);
  AddOfModel("--batch", "N", "Rows of made-up inputs [1]", ReadBatch);
}

void PayloadOptions::AddChecks() {
  AddOfModel("--expect", "FILE", "An .npz file with the right outputs",
             [](const std::string&, const std::string& text, EntrySpec* entry) {
               entry->expect = text;
             });
  AddOfModel("--tolerance", "T",
             "|answer - expected| <= T (1 + |expected|) is right [1e-4]",
             ReadTolerance);
  Add("--check-every", &options_->plan.check_every, "K",
      "Check each K-th answer to a payload whose right answer is known")
      ->check(InRange(int64_t{1}, int64_t{1} << 40))
      ->capture_default_str();
}

void PayloadOptions::AddOfModel(const std::string& name,
                                const std::string& form,
                                const std::string& help,
                                const ReadOfModel& read) {
  const auto parse = [this, read](const std::string& option,
                                  const std::string& text) {
    auto& entries = options_->entries;
    read(option, text, entries.empty() ? &of_all_ : &entries.back());
  };
  of_model_.push_back(AddText(name, form, help, parse));
}

void PayloadOptions::Check() const {
  for (CLI::Option* const each : of_model_) RefuseBoth(mix_, each);
  if (options_->entries.empty() && options_->mix_file.empty()) {
    throw CLI::RequiredError("--model NAME, or --mix FILE,");
  }
}

}  // namespace sconce::load
