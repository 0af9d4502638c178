#include "client/loadtest/payload/payloads.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "client/loadtest/payload/expected_outputs.h"
#include "client/loadtest/payload/given_inputs.h"
#include "client/loadtest/payload/made_up.h"
#include "client/loadtest/payload/request_message.h"

namespace sconce::load {
namespace {

// So many that nothing between the client and the model can be quick because
// it saw the same before; fewer where they are large.
constexpr int64_t kMostMadeUp = 8;
constexpr int64_t kMadeUpBytes = int64_t{256} << 20;

absl::Status About(const std::string& input, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat("input '", input, "': ", status.message()));
}

using Descriptions = std::vector<TensorDescription>;

// Those that the model needs and the entry does not give.
Descriptions Missing(const ModelDescription& model,
                     const TensorsByName& given) {
  Descriptions missing;
  for (const TensorDescription& told : model.inputs) {
    const auto called = [&](const auto& named) {
      return IsCalled(told, named.first);
    };
    if (!told.optional && std::none_of(given.begin(), given.end(), called)) {
      missing.push_back(told);
    }
  }
  return missing;
}

// A setting that nothing can follow is a mistake.
absl::Status CheckSettings(const EntrySpec& entry,
                           const Descriptions& missing) {
  const auto is_missing = [&](const std::string& name) {
    return std::any_of(missing.begin(), missing.end(),
                       [&](const auto& told) { return told.name == name; });
  };
  for (const auto& [name, shape] : entry.shapes) {
    if (is_missing(name)) continue;
    return About(name, absl::InvalidArgumentError(
                           "a shape is given, but it is no input that is made "
                           "up"));
  }
  const bool open =
      std::any_of(missing.begin(), missing.end(), [](const auto& told) {
        return !told.shape.empty() && told.shape[0] < 0;
      });
  if (entry.batch > 1 && !open && entry.shapes.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("a batch of ", entry.batch,
                     " is asked for, but no made-up input has a first size "
                     "that is open"));
  }
  if (entry.expect.empty() || missing.empty()) return absl::OkStatus();
  return About(
      missing[0].name,
      absl::InvalidArgumentError(
          "it would be made up, so that no right answer is known; give "
          "it, or leave out the expected outputs"));
}

// The name that a made-up input is sent by.
absl::StatusOr<std::string> NameFor(const TensorDescription& input) {
  absl::string_view stem = input.name;
  if (absl::ConsumeSuffix(&stem, "<index>")) return absl::StrCat(stem, "0");
  if (!absl::EndsWith(stem, "<key>")) return input.name;
  return absl::InvalidArgumentError(
      "its keys are not known; give each by --input");
}

absl::Status AddMadeUp(const EntrySpec& entry, const TensorDescription& input,
                       std::mt19937_64* random, NamedTensors* inputs) {
  const auto name = NameFor(input);
  if (!name.ok()) return About(input.name, name.status());
  const auto shape = FilledShape(input, entry);
  if (!shape.ok()) return About(input.name, shape.status());
  auto tensor = MakeUp(input.type.value_or(DataType::kFp32), *shape, random);
  if (!tensor.ok()) return About(input.name, tensor.status());
  inputs->emplace_back(*name, *std::move(tensor));
  return absl::OkStatus();
}

absl::StatusOr<grpc::ByteBuffer> OneMessage(const EntrySpec& entry,
                                            const TensorsByName& given,
                                            const Descriptions& missing,
                                            bool timings,
                                            std::mt19937_64* random) {
  NamedTensors inputs(given.begin(), given.end());
  for (const TensorDescription& input : missing) {
    const absl::Status added = AddMadeUp(entry, input, random, &inputs);
    if (!added.ok()) return added;
  }
  return MakeMessage(entry, std::move(inputs), timings);
}

int64_t WantedMessages(const grpc::ByteBuffer& first) {
  return std::clamp<int64_t>(
      kMadeUpBytes / static_cast<int64_t>(first.Length() + 1), 1, kMostMadeUp);
}

}  // namespace

absl::StatusOr<std::vector<Payload>> MakePayloads(const EntrySpec& entry,
                                                  const ModelDescription& model,
                                                  bool timings, uint64_t seed) {
  const auto given = ReadInputs(entry, model);
  if (!given.ok()) return given.status();
  const Descriptions missing = Missing(model, *given);
  const absl::Status valid = CheckSettings(entry, missing);
  if (!valid.ok()) return valid;
  const auto check = ReadExpectedOutputs(entry, model);
  if (!check.ok()) return check.status();
  std::mt19937_64 random(seed);
  std::vector<Payload> payloads;
  size_t wanted = 1;
  while (payloads.size() < wanted) {
    auto message = OneMessage(entry, *given, missing, timings, &random);
    if (!message.ok()) return message.status();
    if (!missing.empty())
      wanted = static_cast<size_t>(WantedMessages(*message));
    payloads.push_back({missing.empty()
                            ? "given"
                            : absl::StrCat("made up ", payloads.size() + 1),
                        *std::move(message), *check});
  }
  return payloads;
}

}  // namespace sconce::load
