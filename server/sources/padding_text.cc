#include "server/sources/padding_text.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "server/base/status_macros.h"
#include "server/sources/repository_path.h"
#include "server/tensor/pad_dimension.h"

namespace sconce {
namespace {

constexpr int64_t kMostSize = int64_t{1} << 30;

using Words = std::vector<absl::string_view>;

absl::Status Bad(absl::string_view what, absl::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrCat(QuotedName(what), ": expected ", expected));
}

Words Split(absl::string_view text, char separator) {
  return absl::StrSplit(text, separator, absl::SkipWhitespace());
}

const TensorSpec* Find(const std::vector<TensorSpec>& specs,
                       absl::string_view name) {
  const auto found =
      std::find_if(specs.begin(), specs.end(),
                   [&](const TensorSpec& spec) { return spec.name == name; });
  return found == specs.end() ? nullptr : &*found;
}

// One configuration's text.
class Reader {
 public:
  explicit Reader(const ServableConfig& config) : config_(config) {}

  absl::StatusOr<PaddingRules> Read(absl::string_view text) {
    if (config_.max_batch_size == 0) {
      return absl::InvalidArgumentError(
          "needs a max_batch_size: requests are padded to share batches");
    }
    for (const absl::string_view statement : Split(text, ';')) {
      RETURN_IF_ERROR(ReadStatement(Split(statement, ' ')));
    }
    RETURN_IF_ERROR(CheckIsHarmless());
    RETURN_IF_ERROR(CheckOutputs());
    return std::move(rules_);
  }

 private:
  absl::Status ReadStatement(const Words& words) {
    PaddingRule rule;
    bool is_rule = false;
    for (const absl::string_view word : words) {
      const std::pair<absl::string_view, absl::string_view> pair =
          absl::StrSplit(word, absl::MaxSplits('=', 1));
      const auto [key, value] = pair;
      if (key == "harmless") {
        harmless_ = true;
      } else if (key == "mask") {
        RETURN_IF_ERROR(ReadMask(value));
      } else if (key == "length") {
        RETURN_IF_ERROR(ReadLength(value));
      } else {
        is_rule = true;
        RETURN_IF_ERROR(ReadRuleWord(key, value, &rule));
      }
    }
    return is_rule ? AddRule(std::move(rule)) : absl::OkStatus();
  }

  absl::Status ReadRuleWord(absl::string_view key, absl::string_view value,
                            PaddingRule* rule) {
    if (key == "inputs") {
      return ReadPlaces(value, config_.inputs, &rule->inputs);
    }
    if (key == "outputs") {
      return ReadPlaces(value, config_.outputs, &rule->outputs);
    }
    if (key == "sizes") return ReadSizes(value, rule);
    if (key == "value") {
      if (absl::SimpleAtod(value, &rule->value)) return absl::OkStatus();
      return Bad(value, "a number");
    }
    return Bad(key,
               "inputs=, sizes=, value=, outputs=, mask=, length= or harmless");
  }

  // "ids:1,mask:1"
  absl::Status ReadPlaces(absl::string_view text,
                          const std::vector<TensorSpec>& declared,
                          std::vector<TensorDimension>* places) {
    for (const absl::string_view place : Split(text, ',')) {
      const size_t colon = place.rfind(':');
      size_t dimension = 0;
      if (colon == place.npos ||
          !absl::SimpleAtoi(place.substr(colon + 1), &dimension)) {
        return Bad(place, "<name>:<dimension>");
      }
      const absl::string_view name = place.substr(0, colon);
      RETURN_IF_ERROR(CheckPlace(place, dimension, Find(declared, name)));
      if (!places_.emplace(&declared, absl::StrCat(name, ":", dimension))
               .second) {
        return Bad(place, "each dimension once");
      }
      places->push_back({std::string(name), dimension});
    }
    return absl::OkStatus();
  }

  static absl::Status CheckPlace(absl::string_view place, size_t dimension,
                                 const TensorSpec* spec) {
    if (spec == nullptr) return Bad(place, "a tensor that the file declares");
    if (*spec->type == DataType::kBytes) {
      return Bad(place, "a tensor of numbers; texts are not padded");
    }
    if (dimension == 0) return Bad(place, "a dimension from 1; 0 counts rows");
    if (dimension >= spec->shape->size() ||
        (*spec->shape)[dimension] != kAnySize) {
      return Bad(place, absl::StrCat("a dimension that is declared as -1, of ",
                                     ShapeToString(*spec->shape)));
    }
    return absl::OkStatus();
  }

  static absl::Status ReadSizes(absl::string_view text, PaddingRule* rule) {
    for (const absl::string_view word : Split(text, ',')) {
      int64_t size = 0;
      const bool is_size = absl::SimpleAtoi(word, &size) && size <= kMostSize;
      const int64_t last = rule->sizes.empty() ? 0 : rule->sizes.back();
      if (!is_size || size <= last) {
        return Bad(text, "sizes from 1 on, each larger than the one before");
      }
      rule->sizes.push_back(size);
    }
    return absl::OkStatus();
  }

  absl::Status AddRule(PaddingRule rule) {
    if (rule.inputs.empty() || rule.sizes.empty()) {
      return absl::InvalidArgumentError(
          "a statement has no inputs= or no sizes=, expected both");
    }
    for (const TensorDimension& place : rule.inputs) {
      const DataType type = *Find(config_.inputs, place.tensor)->type;
      if (!std::isfinite(rule.value) || !RepeatValue(type, rule.value, 0)) {
        return Bad(absl::StrCat("value=", rule.value),
                   absl::StrCat("a value that input '", place.tensor, "', ",
                                DataTypeName(type),
                                ", can hold (of FP16 and BF16 only 0)"));
      }
    }
    rules_.rules.push_back(std::move(rule));
    return absl::OkStatus();
  }

  absl::Status ReadMask(absl::string_view name) {
    masks_.emplace_back(name);
    return AddNeeded(name);
  }

  absl::Status ReadLength(absl::string_view name) {
    lengths_.emplace_back(name);
    return AddNeeded(name);
  }

  absl::Status AddNeeded(absl::string_view name) {
    if (Find(config_.inputs, name) == nullptr) {
      return Bad(name, "an input that the file declares");
    }
    rules_.needed.emplace_back(name);
    return absl::OkStatus();
  }

  bool IsPadded(const std::string& input) const {
    for (const PaddingRule& rule : rules_.rules) {
      for (const TensorDimension& place : rule.inputs) {
        if (place.tensor == input) return true;
      }
    }
    return false;
  }

  absl::Status CheckIsHarmless() const {
    if (rules_.rules.empty()) {
      return absl::InvalidArgumentError("pads nothing: it has no inputs=");
    }
    if (!harmless_ && rules_.needed.empty()) {
      return absl::InvalidArgumentError(
          "nothing tells the model what is padding, so its answers could "
          "change: name the input that does, as mask=<input> or "
          "length=<input>, or say harmless");
    }
    for (const std::string& mask : masks_) {
      if (IsPadded(mask)) continue;
      return Bad(absl::StrCat("mask=", mask),
                 "a mask that is padded too, so among the inputs=");
    }
    for (const std::string& length : lengths_) {
      if (!IsPadded(length)) continue;
      return Bad(absl::StrCat("length=", length),
                 "lengths, which are not padded themselves");
    }
    return absl::OkStatus();
  }

  // Whether an output has a padded length must not be a guess.
  absl::Status CheckOutputs() const {
    if (config_.outputs.empty()) {
      return absl::InvalidArgumentError(
          "needs declared outputs, to know which are cut back");
    }
    for (const TensorSpec& output : config_.outputs) {
      for (size_t i = 1; i < output.shape->size(); ++i) {
        const std::string place = absl::StrCat(output.name, ":", i);
        if ((*output.shape)[i] != kAnySize) continue;
        if (places_.contains({&config_.outputs, place})) continue;
        return absl::InvalidArgumentError(
            absl::StrCat("output '", output.name, "' is declared as ",
                         ShapeToString(*output.shape), ", and dimension ", i,
                         " could be a padded one: say outputs=", place,
                         " where it has a padded length, or declare its size"));
      }
    }
    return absl::OkStatus();
  }

  const ServableConfig& config_;
  PaddingRules rules_;
  bool harmless_ = false;
  std::vector<std::string> masks_;
  std::vector<std::string> lengths_;
  // What was named, of the inputs and of the outputs.
  std::set<std::pair<const std::vector<TensorSpec>*, std::string>> places_;
};

}  // namespace

absl::StatusOr<PaddingRules> ParsePadding(absl::string_view text,
                                          const ServableConfig& config) {
  absl::StatusOr<PaddingRules> rules = Reader(config).Read(text);
  if (rules.ok()) return rules;
  return absl::InvalidArgumentError(
      absl::StrCat("parameter 'sconce.padding': ", rules.status().message()));
}

}  // namespace sconce
