#include "client/loadtest/payload/json_text.h"

#include <nlohmann/json.hpp>

#include "absl/status/status.h"

namespace sconce::load {

using nlohmann::json;

absl::StatusOr<json> ParseJson(absl::string_view text) {
  constexpr int kDeepest = 64;
  bool too_deep = false;
  const auto watch = [&](int depth, json::parse_event_t, json&) {
    too_deep = too_deep || depth > kDeepest;
    return !too_deep;  // else the level is left out
  };
  json value = json::parse(text.begin(), text.end(), watch,
                           /*allow_exceptions=*/false);
  if (too_deep) return absl::InvalidArgumentError("it is nested too deeply");
  if (value.is_discarded()) return absl::InvalidArgumentError("it is no JSON");
  return value;
}

std::string ShortText(const json& value) {
  constexpr size_t kMost = 40;
  // Not within a character of several bytes.
  const std::string text = value.dump(-1, ' ', /*ensure_ascii=*/true);
  return text.size() <= kMost ? text : text.substr(0, kMost) + "…";
}

}  // namespace sconce::load
