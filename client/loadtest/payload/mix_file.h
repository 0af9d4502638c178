// Reads a mix from a file.
#ifndef CLIENT_LOADTEST_PAYLOAD_MIX_FILE_H_
#define CLIENT_LOADTEST_PAYLOAD_MIX_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "client/loadtest/payload/entry_spec.h"

namespace sconce::load {

// {"entries": [{"model": "net", "weight": 3, "inputs": {"x": "x.npy"}}]}: each
// key is a member of EntrySpec, `golden` is `use_golden`. An input is the path
// of an .npy file or a value. Paths are relative to the file's folder. Errors
// name the file, the entry and the key: NOT_FOUND when the file cannot be read,
// INVALID_ARGUMENT for all else, keys that are not known included.
absl::StatusOr<std::vector<EntrySpec>> ReadMixFile(const std::string& path);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_MIX_FILE_H_
