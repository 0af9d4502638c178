// What a client's errors say.
#ifndef CLIENT_CPP_SRC_ERROR_TEXT_H_
#define CLIENT_CPP_SRC_ERROR_TEXT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sconce {
inline namespace client {

// What a call was about.
struct CallSubject {
  std::string address;
  std::string model;  // "": none
  int attempts = 1;
};

// `status` with the address, the model and what to do next in its text.
// REQUIRES: an error.
absl::Status Explain(const absl::Status& status, const CallSubject& subject);

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_SRC_ERROR_TEXT_H_
