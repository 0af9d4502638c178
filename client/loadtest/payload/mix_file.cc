#include "client/loadtest/payload/mix_file.h"

#include <nlohmann/json.hpp>

#include <array>
#include <filesystem>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "client/loadtest/payload/json_text.h"
#include "client/loadtest/payload/whole_file.h"

namespace sconce::load {
namespace {

using nlohmann::json;
using Folder = std::filesystem::path;

bool Take(const json& value, std::string* to) {
  if (!value.is_string()) return false;
  *to = value.get<std::string>();
  return true;
}

bool Take(const json& value, double* to) {
  if (!value.is_number()) return false;
  *to = value.get<double>();
  return true;
}

bool TakePath(const json& value, const Folder& folder, std::string* to) {
  if (!Take(value, to)) return false;
  *to = (folder / *to).string();  // one that begins with / stays as it is
  return true;
}

bool TakeVersion(const json& value, std::string* to) {
  if (!value.is_number_unsigned()) return Take(value, to);
  *to = absl::StrCat(value.get<uint64_t>());
  return true;
}

bool TakeInputs(const json& value, const Folder& folder, EntrySpec* entry) {
  if (!value.is_object()) return false;
  for (const auto& [name, input] : value.items()) {
    std::string* const to = &entry->inputs[name];
    const bool is_path =
        input.is_string() &&
        absl::EndsWith(input.get_ref<const std::string&>(), ".npy");
    if (is_path) {
      TakePath(input, folder, to);
    } else {
      *to = input.dump();
    }
  }
  return true;
}

bool TakeShapes(const json& value, EntrySpec* entry) {
  if (!value.is_object()) return false;
  for (const auto& [name, sizes] : value.items()) {
    if (!sizes.is_array()) return false;
    for (const json& size : sizes) {
      if (!size.is_number_integer()) return false;
      entry->shapes[name].push_back(size.get<int64_t>());
    }
  }
  return true;
}

struct Key {
  absl::string_view name;
  absl::string_view expected;
  bool (*take)(const json& value, const Folder& folder, EntrySpec* entry);
};

constexpr std::array<Key, 11> kKeys = {{
    {"name", "a text",
     [](const json& v, const Folder&, EntrySpec* e) {
       return Take(v, &e->name);
     }},
    {"model", "a text",
     [](const json& v, const Folder&, EntrySpec* e) {
       return Take(v, &e->model);
     }},
    {"version", "a text or a number",
     [](const json& v, const Folder&, EntrySpec* e) {
       return TakeVersion(v, &e->version);
     }},
    {"weight", "a number",
     [](const json& v, const Folder&, EntrySpec* e) {
       return Take(v, &e->weight);
     }},
    {"inputs", "an object of files and values by the inputs' names",
     [](const json& v, const Folder& f, EntrySpec* e) {
       return TakeInputs(v, f, e);
     }},
    {"npz", "the path of a file",
     [](const json& v, const Folder& f, EntrySpec* e) {
       return TakePath(v, f, &e->npz);
     }},
    {"shapes", "an object of lists of sizes by the inputs' names",
     [](const json& v, const Folder&, EntrySpec* e) {
       return TakeShapes(v, e);
     }},
    {"batch", "a whole number",
     [](const json& v, const Folder&, EntrySpec* e) {
       if (!v.is_number_integer()) return false;
       e->batch = v.get<int64_t>();
       return true;
     }},
    {"expect", "the path of a file",
     [](const json& v, const Folder& f, EntrySpec* e) {
       return TakePath(v, f, &e->expect);
     }},
    {"tolerance", "a number",
     [](const json& v, const Folder&, EntrySpec* e) {
       return Take(v, &e->tolerance);
     }},
    {"golden", "true or false",
     [](const json& v, const Folder&, EntrySpec* e) {
       if (!v.is_boolean()) return false;
       e->use_golden = v.get<bool>();
       return true;
     }},
}};

absl::Status Unknown(const std::string& key) {
  return absl::InvalidArgumentError(absl::StrCat(
      "key '", key, "' is not known; known are ",
      absl::StrJoin(kKeys, ", ", [](std::string* out, const Key& known) {
        absl::StrAppend(out, known.name);
      })));
}

absl::Status TakeKey(const std::string& name, const json& value,
                     const Folder& folder, EntrySpec* entry) {
  for (const Key& key : kKeys) {
    if (key.name != name) continue;
    if (key.take(value, folder, entry)) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("key '", name, "': expected ", key.expected, ", found ",
                     ShortText(value)));
  }
  return Unknown(name);
}

absl::StatusOr<EntrySpec> ReadEntry(const json& value, const Folder& folder) {
  EntrySpec entry;
  if (!value.is_object()) {
    return absl::InvalidArgumentError("it is no object");
  }
  for (const auto& [name, member] : value.items()) {
    const absl::Status taken = TakeKey(name, member, folder, &entry);
    if (!taken.ok()) return taken;
  }
  if (!entry.model.empty()) return entry;
  return absl::InvalidArgumentError("key 'model' is missing");
}

absl::StatusOr<std::vector<EntrySpec>> ReadEntries(const std::string& text,
                                                   const Folder& folder) {
  const auto parsed = ParseJson(text);
  if (!parsed.ok()) return parsed.status();
  const json& mix = *parsed;
  if (!mix.is_object() || mix.size() != 1 || mix.count("entries") == 0 ||
      !mix["entries"].is_array() || mix["entries"].empty()) {
    return absl::InvalidArgumentError(
        "expected an object with 'entries', a list, and no other key");
  }
  std::vector<EntrySpec> entries;
  for (const json& value : mix["entries"]) {
    auto entry = ReadEntry(value, folder);
    if (!entry.ok()) {
      return absl::Status(entry.status().code(),
                          absl::StrCat("entry ", entries.size() + 1, ": ",
                                       entry.status().message()));
    }
    entries.push_back(*std::move(entry));
  }
  return entries;
}

}  // namespace

absl::StatusOr<std::vector<EntrySpec>> ReadMixFile(const std::string& path) {
  const auto text = ReadWholeFile(path);
  if (!text.ok()) return text.status();
  auto entries = ReadEntries(*text, Folder(path).parent_path());
  if (entries.ok()) return entries;
  return absl::Status(
      entries.status().code(),
      absl::StrCat("file '", path, "': ", entries.status().message()));
}

}  // namespace sconce::load
