// Reads small and large files whole.
#ifndef CLIENT_LOADTEST_PAYLOAD_WHOLE_FILE_H_
#define CLIENT_LOADTEST_PAYLOAD_WHOLE_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace sconce::load {

// NOT_FOUND when it cannot be opened, INVALID_ARGUMENT when it is larger than
// 8 GiB (texts take four bytes a character there, one in a message); both name
// it and the reason.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_WHOLE_FILE_H_
