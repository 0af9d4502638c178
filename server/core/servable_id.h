// ServableId: the name and version of a model.
#ifndef SERVER_CORE_SERVABLE_ID_H_
#define SERVER_CORE_SERVABLE_ID_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"

namespace sconce {

struct ServableId {
  std::string model;
  int64_t version = 1;
  // Tells apart what one version was loaded as, before and after its files
  // changed. Given by the Manager; not for clients.
  int64_t instance = 0;

  // For messages: "'resnet18' version 3".
  std::string ToString() const {
    return absl::StrCat("'", model, "' version ", version);
  }
};

}  // namespace sconce

#endif  // SERVER_CORE_SERVABLE_ID_H_
