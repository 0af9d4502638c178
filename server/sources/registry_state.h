// RegistryState: what the registry knows of its models beyond their files, and
// the file in which that survives a restart.
#ifndef SERVER_SOURCES_REGISTRY_STATE_H_
#define SERVER_SOURCES_REGISTRY_STATE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "server/core/model_routes.h"

namespace sconce {

struct ModelRecord {
  bool loaded = false;            // a client asked for it
  std::vector<int64_t> versions;  // which; empty: those of the version policy
  ModelRoutes routes;
  // Versions that served before, oldest first, at most kMostHistory.
  std::vector<int64_t> history;
};

inline constexpr size_t kMostHistory = 16;

// By the model's name.
using RegistryState = std::map<std::string, ModelRecord>;

// One thread at a time. Both methods read or write the disk and may block.
class RegistryStateFile {
 public:
  explicit RegistryStateFile(std::string path);

  // Empty when there is no file. One that cannot be read or understood, be it
  // in one record, is renamed to `<path>.corrupt-<unix time>` with a warning;
  // then the state is empty, too.
  RegistryState Read() const;

  // Replaces the file in one step; makes its folder if need be. Of a longer
  // history the end is kept. RESOURCE_EXHAUSTED, FAILED_PRECONDITION or
  // INTERNAL as FileError() says, with no path in the message.
  absl::Status Write(const RegistryState& state) const;

 private:
  const std::string path_;
};

}  // namespace sconce

#endif  // SERVER_SOURCES_REGISTRY_STATE_H_
