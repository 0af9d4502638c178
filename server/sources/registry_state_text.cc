#include "server/sources/registry_state_text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"

namespace sconce {
namespace {

using Json = nlohmann::json;

// Raised when the members below change their meaning.
constexpr int64_t kFormat = 1;

Json LatestOf(const std::vector<int64_t>& history) {
  const size_t count = std::min(history.size(), kMostHistory);
  return std::vector<int64_t>(
      history.end() - static_cast<std::ptrdiff_t>(count), history.end());
}

Json RecordToJson(const ModelRecord& record) {
  Json traffic = Json::array();
  for (const TrafficShare& share : record.routes.traffic) {
    traffic.push_back({{"version", share.version}, {"weight", share.weight}});
  }
  return {
      {"loaded", record.loaded},       {"versions", record.versions},
      {"chosen", record.chosen},       {"aliases", record.routes.aliases},
      {"traffic", std::move(traffic)}, {"history", LatestOf(record.history)}};
}

// The readers say whether the JSON is there and is what it has to be. The
// library's own would throw, or make a number of `true`.

// Null when there is no such member.
const Json* Member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

bool ReadBool(const Json* json, bool* value) {
  if (json == nullptr || !json->is_boolean()) return false;
  *value = json->get<bool>();
  return true;
}

bool ReadVersion(const Json* json, int64_t* version) {
  if (json == nullptr || !json->is_number_integer()) return false;
  *version = json->get<int64_t>();  // negative when it was too large
  return *version >= 1;
}

bool ReadWeight(const Json* json, uint32_t* weight) {
  if (json == nullptr || !json->is_number_unsigned()) return false;
  const auto value = json->get<uint64_t>();
  *weight = static_cast<uint32_t>(value);
  return value <= std::numeric_limits<uint32_t>::max();
}

bool ReadVersions(const Json* json, std::vector<int64_t>* versions) {
  if (json == nullptr || !json->is_array()) return false;
  return absl::c_all_of(*json, [&](const Json& each) {
    return ReadVersion(&each, &versions->emplace_back());
  });
}

// Files of earlier servers have none.
bool ReadChosen(const Json* json, std::set<int64_t>* chosen) {
  std::vector<int64_t> versions;
  if (json != nullptr && !ReadVersions(json, &versions)) return false;
  chosen->insert(versions.begin(), versions.end());
  return true;
}

bool ReadAliases(const Json* json, std::map<std::string, int64_t>* aliases) {
  if (json == nullptr || !json->is_object()) return false;
  for (const auto& [alias, version] : json->items()) {
    if (alias.empty() || !ReadVersion(&version, &(*aliases)[alias])) {
      return false;
    }
  }
  return true;
}

bool ReadTraffic(const Json* json, std::vector<TrafficShare>* traffic) {
  if (json == nullptr || !json->is_array()) return false;
  return absl::c_all_of(*json, [&](const Json& each) {
    TrafficShare& share = traffic->emplace_back();
    return ReadVersion(Member(each, "version"), &share.version) &&
           ReadWeight(Member(each, "weight"), &share.weight);
  });
}

bool ReadRecord(const Json& json, ModelRecord* record) {
  return ReadBool(Member(json, "loaded"), &record->loaded) &&
         ReadVersions(Member(json, "versions"), &record->versions) &&
         ReadChosen(Member(json, "chosen"), &record->chosen) &&
         ReadAliases(Member(json, "aliases"), &record->routes.aliases) &&
         ReadTraffic(Member(json, "traffic"), &record->routes.traffic) &&
         ReadVersions(Member(json, "history"), &record->history) &&
         record->history.size() <= kMostHistory;
}

absl::Status CheckFormat(const Json& json) {
  if (json.is_discarded()) return absl::InvalidArgumentError("not JSON");
  const Json* const format = Member(json, "format");
  if (format == nullptr || !format->is_number_integer()) {
    return absl::InvalidArgumentError("no format number");
  }
  if (format->get<int64_t>() == kFormat) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("format ", format->get<int64_t>(), ", expected ", kFormat));
}

}  // namespace

std::string RegistryStateToText(const RegistryState& state) {
  Json models = Json::object();
  for (const auto& [name, record] : state) models[name] = RecordToJson(record);
  const Json json = {{"format", kFormat}, {"models", std::move(models)}};
  // Text that is not UTF-8 would throw otherwise.
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

absl::StatusOr<RegistryState> RegistryStateFromText(const std::string& text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  RETURN_IF_ERROR(CheckFormat(json));
  const Json* const models = Member(json, "models");
  if (models == nullptr || !models->is_object()) {
    return absl::InvalidArgumentError("no models");
  }
  RegistryState state;
  for (const auto& [name, record] : models->items()) {
    if (name.empty() || !ReadRecord(record, &state[name])) {
      return absl::InvalidArgumentError(
          absl::StrCat("the record of model \"", name, "\" is broken"));
    }
  }
  return state;
}

}  // namespace sconce
