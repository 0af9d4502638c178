// What the server makes of each field of ModelConfig.
//
// The table has a rule for every field, so that none can be set and silently
// do nothing; a test compares it with the message's descriptor.
#ifndef SERVER_SOURCES_CONFIG_FIELDS_H_
#define SERVER_SOURCES_CONFIG_FIELDS_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sconce {

enum class FieldUse {
  kHonoured,  // read, or what it asks for is what the server does anyway
  kNested,    // a message whose fields have rules of their own
  kIgnored,   // costs speed or comfort at most: logged by name
  kRefused,   // without it, answers would differ from what was meant
};

struct FieldRule {
  absl::string_view path;  // "instance_group.count"
  FieldUse use;
  // Of a field that is ignored or refused: values that are honoured, with
  // spaces between.
  absl::string_view honoured_values = "";
  absl::string_view remedy = "";  // of one that is refused
};

absl::Span<const FieldRule> ConfigFieldRules();

// Nothing for a path without a rule.
const FieldRule* FindFieldRule(absl::string_view path);

}  // namespace sconce

#endif  // SERVER_SOURCES_CONFIG_FIELDS_H_
