#include "client/loadtest/payload/build_mix.h"

#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "client/loadtest/payload/golden_examples.h"
#include "client/loadtest/payload/model_description.h"
#include "client/loadtest/payload/payloads.h"

namespace sconce::load {
namespace {

// Whether no management service answers at all.
bool IsSilent(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsUnimplemented(status);
}

absl::Status About(const EntrySpec& entry, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("model '", entry.model,
                                                  "': ", status.message()));
}

// Says nothing of what is to be sent.
bool IsPlain(const EntrySpec& entry) {
  return entry.inputs.empty() && entry.npz.empty() && entry.shapes.empty() &&
         entry.batch == 1 && entry.expect.empty();
}

absl::Status Check(const EntrySpec& entry) {
  if (entry.model.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "an entry of the mix names no model; give --model NAME, or "
        "'model' in the mix"));
  }
  if (!(entry.weight > 0) || !std::isfinite(entry.weight)) {
    return absl::InvalidArgumentError(
        absl::StrCat("weight ", entry.weight, " is not a number above 0"));
  }
  if (entry.batch < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "batch ", entry.batch, " is not a number of rows above 0"));
  }
  if (!(entry.tolerance >= 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("tolerance ", entry.tolerance, " is below 0"));
  }
  if (entry.use_golden.value_or(false) && !IsPlain(entry)) {
    return absl::InvalidArgumentError(
        "golden examples are asked for together with inputs, shapes, a batch "
        "or "
        "expected outputs; they have their own");
  }
  return absl::OkStatus();
}

// The names that were given come first: "net" is free for the second entry
// when the first is called otherwise.
absl::StatusOr<std::set<std::string>> GivenNames(
    const std::vector<EntrySpec>& entries) {
  std::set<std::string> names;
  for (const EntrySpec& entry : entries) {
    if (!entry.name.empty() && !names.insert(entry.name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("two entries of the mix are called '", entry.name,
                       "'; give each a name of its own"));
    }
  }
  return names;
}

std::string NewName(const EntrySpec& entry, std::set<std::string>* names) {
  const std::string base = entry.version.empty()
                               ? entry.model
                               : absl::StrCat(entry.model, "@", entry.version);
  std::string name = base;
  for (int i = 2; !names->insert(name).second; ++i) {
    name = absl::StrCat(base, " #", i);
  }
  return name;
}

absl::StatusOr<std::vector<Payload>> PayloadsOf(const EntrySpec& entry,
                                                const ServerAccess& server,
                                                bool timings, uint64_t seed) {
  const auto model = DescribeModel(server, entry.model, entry.version);
  if (!model.ok()) return model.status();
  if (entry.use_golden.value_or(IsPlain(entry))) {
    auto golden = GoldenPayloads(entry, server, timings);
    if (golden.ok()) return golden;
    const bool silent = server.management_is_named && IsSilent(golden.status());
    if (entry.use_golden || silent) {
      return About(entry, golden.status());
    }
  }
  auto payloads = MakePayloads(entry, *model, timings, seed);
  if (!payloads.ok()) return About(entry, payloads.status());
  return payloads;
}

}  // namespace

absl::StatusOr<Mix> BuildMix(const std::vector<EntrySpec>& entries,
                             const ServerAccess& server, uint64_t seed) {
  if (entries.empty()) {
    return absl::InvalidArgumentError("the mix is empty; give --model NAME");
  }
  for (const EntrySpec& entry : entries) {
    const absl::Status valid = Check(entry);
    if (!valid.ok()) return About(entry, valid);
  }
  auto names = GivenNames(entries);
  if (!names.ok()) return names.status();
  const bool timings = TellsTimings(server);
  Mix mix;
  for (const EntrySpec& entry : entries) {
    auto payloads = PayloadsOf(entry, server, timings, seed + mix.size());
    if (!payloads.ok()) return payloads.status();
    mix.push_back({entry.name.empty() ? NewName(entry, &*names) : entry.name,
                   entry.model, entry.weight, *std::move(payloads)});
  }
  return mix;
}

}  // namespace sconce::load
