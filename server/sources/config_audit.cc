#include "server/sources/config_audit.h"

#include <google/protobuf/message.h>

#include <set>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "server/base/status_macros.h"
#include "server/sources/config_fields.h"
#include "server/sources/repository_path.h"

namespace sconce {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// In the order of their names.
constexpr absl::string_view kParameters[] = {
    kBatchingParameter,  kGraphsParameter,    kMemoryFormatParameter,
    kPaddingParameter,   kPrecisionParameter, kReloadPolicyParameter,
    kToleranceParameter, kWeightParameter};

// One walk through a configuration.
class Audit {
 public:
  absl::Status Look(const Message& message, const std::string& prefix);
  void Ignore(const std::string& path) { ignored_.insert(path); }
  std::vector<std::string> ignored() const {
    return {ignored_.begin(), ignored_.end()};
  }

 private:
  absl::Status LookAtField(const Message& message, const FieldDescriptor& field,
                           const std::string& path);
  absl::Status LookInside(const Message& message, const FieldDescriptor& field,
                          const std::string& path);
  absl::Status Refuse(const Message& message, const FieldDescriptor& field,
                      const FieldRule& rule) const;

  std::set<std::string> ignored_;
};

// A single text or enum as text; nothing for fields of other kinds.
std::string TextOf(const Message& message, const FieldDescriptor& field) {
  if (field.is_repeated()) return "";
  const auto* const reflection = message.GetReflection();
  if (field.type() == FieldDescriptor::TYPE_STRING) {
    return reflection->GetString(message, &field);
  }
  if (field.type() == FieldDescriptor::TYPE_ENUM) {
    return reflection->GetEnum(message, &field)->name();
  }
  return "";
}

// " of 'x'" for a field of a message that has a name.
std::string OwnerOf(const Message& message) {
  const auto* const name = message.GetDescriptor()->FindFieldByName("name");
  if (name == nullptr || TextOf(message, *name).empty()) return "";
  return absl::StrCat(" of ", QuotedName(TextOf(message, *name)));
}

absl::Status Audit::Refuse(const Message& message, const FieldDescriptor& field,
                           const FieldRule& rule) const {
  const std::string value = TextOf(message, field);
  const std::string what =
      value.empty() ? OwnerOf(message)
                    : absl::StrCat(" ", QuotedName(value), OwnerOf(message));
  return absl::InvalidArgumentError(
      absl::StrCat(rule.path, what, " is not served; ", rule.remedy));
}

absl::Status Audit::LookInside(const Message& message,
                               const FieldDescriptor& field,
                               const std::string& path) {
  const auto* const reflection = message.GetReflection();
  if (!field.is_repeated()) {
    return Look(reflection->GetMessage(message, &field), path + ".");
  }
  for (int i = 0; i < reflection->FieldSize(message, &field); ++i) {
    RETURN_IF_ERROR(
        Look(reflection->GetRepeatedMessage(message, &field, i), path + "."));
  }
  return absl::OkStatus();
}

absl::Status Audit::LookAtField(const Message& message,
                                const FieldDescriptor& field,
                                const std::string& path) {
  const FieldRule* const rule = FindFieldRule(path);
  // A new field of the message that nobody has decided about.
  if (rule == nullptr) {
    Ignore(path);
    return absl::OkStatus();
  }
  if (rule->use == FieldUse::kHonoured) return absl::OkStatus();
  if (rule->use == FieldUse::kNested) return LookInside(message, field, path);
  const std::vector<std::string> honoured =
      absl::StrSplit(rule->honoured_values, ' ', absl::SkipEmpty());
  if (absl::c_linear_search(honoured, TextOf(message, field))) {
    return absl::OkStatus();
  }
  if (rule->use == FieldUse::kRefused) return Refuse(message, field, *rule);
  Ignore(path);
  return absl::OkStatus();
}

absl::Status Audit::Look(const Message& message, const std::string& prefix) {
  std::vector<const FieldDescriptor*> set;
  message.GetReflection()->ListFields(message, &set);
  for (const FieldDescriptor* field : set) {
    RETURN_IF_ERROR(LookAtField(message, *field, prefix + field->name()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> IgnoredFields(
    const inference::ModelConfig& config) {
  Audit audit;
  RETURN_IF_ERROR(audit.Look(config, ""));
  for (const auto& [key, value] : config.parameters()) {
    if (key == kVerdictParameter || absl::c_linear_search(kParameters, key)) {
      continue;
    }
    if (absl::StartsWith(key, "sconce.")) {
      return absl::InvalidArgumentError(absl::StrCat(
          "parameter ", QuotedName(key), " is not known; expected one of ",
          absl::StrJoin(kParameters, ", ")));
    }
    audit.Ignore(absl::StrCat("parameters.", key));
  }
  return audit.ignored();
}

}  // namespace sconce
