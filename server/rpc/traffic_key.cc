#include "server/rpc/traffic_key.h"

#include "absl/strings/string_view.h"

namespace sconce {
namespace {

using inference::InferParameter;
using inference::ModelInferRequest;

// The finalizer of SplitMix64: every bit of the result depends on every bit of
// `x`, so that ids in a row are spread over the versions.
uint64_t Mix(uint64_t x) {
  x ^= x >> 30;
  x *= 0xBF58476D1CE4E5B9u;
  x ^= x >> 27;
  x *= 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

// FNV-1a.
uint64_t HashBytes(absl::string_view bytes) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : bytes) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  }
  return Mix(hash);
}

// Numbers and strings that look alike have different keys.
uint64_t HashNumber(uint64_t number) {
  return Mix(number + 0x9E3779B97F4A7C15u);
}

// 0 and "" stand for none.
std::optional<uint64_t> KeyOf(const InferParameter& value) {
  switch (value.parameter_choice_case()) {
    case InferParameter::kInt64Param:
      if (value.int64_param() == 0) return std::nullopt;
      return HashNumber(static_cast<uint64_t>(value.int64_param()));
    case InferParameter::kUint64Param:
      if (value.uint64_param() == 0) return std::nullopt;
      return HashNumber(value.uint64_param());
    case InferParameter::kStringParam:
      if (value.string_param().empty()) return std::nullopt;
      return HashBytes(value.string_param());
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<uint64_t> TrafficKey(const ModelInferRequest& request) {
  const auto& parameters = request.parameters();
  if (parameters.empty()) return std::nullopt;
  for (const char* const name : {"sequence_id", kTrafficKeyParameter}) {
    const auto found = parameters.find(name);
    if (found == parameters.end()) continue;
    if (const auto key = KeyOf(found->second)) return key;
  }
  return std::nullopt;
}

}  // namespace sconce
