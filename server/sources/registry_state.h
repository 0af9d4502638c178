// RegistryState: what the registry knows of its models beyond their files, and
// the file in which that survives a restart.
#ifndef SERVER_SOURCES_REGISTRY_STATE_H_
#define SERVER_SOURCES_REGISTRY_STATE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "server/base/file_descriptor.h"
#include "server/core/model_routes.h"

namespace sconce {

struct ModelRecord {
  bool loaded = false;            // a client asked for it
  std::vector<int64_t> versions;  // which; empty: those of the version policy
  // Those of them that a client chose by number: a new version takes none of
  // their places.
  std::set<int64_t> chosen;
  ModelRoutes routes;
  // Versions that served before, oldest first, at most kMostHistory.
  std::vector<int64_t> history;

  bool operator==(const ModelRecord&) const = default;
};

inline constexpr size_t kMostHistory = 16;

// By the model's name.
using RegistryState = std::map<std::string, ModelRecord>;

// Nobody's: its folder is not there, or cannot be made or opened.
enum class StateKeeper { kThisServer, kAnother, kNobody };

// FAILED_PRECONDITION, in words for clients, since `what` was not done.
absl::Status KeptByAnother(absl::string_view what);

// Kept by one server at a time. One thread at a time. The methods read or write
// the disk and may block.
class RegistryStateFile {
 public:
  // Empty: there is no file, nor will there be: Write() fails.
  explicit RegistryStateFile(std::string path);

  // Empty when there is no file. One that cannot be read or understood, be it
  // in one record, is renamed to `<path>.corrupt-<unix time>` with a warning;
  // then the state is empty, too.
  RegistryState Read() const;

  // Replaces the file in one step; makes its folder if need be. Of a longer
  // history the end is kept. RESOURCE_EXHAUSTED, FAILED_PRECONDITION or
  // INTERNAL as FileError() says, with no path in the message;
  // FAILED_PRECONDITION, too, while another server keeps this file.
  absl::Status Write(const RegistryState& state);

  // Who keeps the file; from now on this server, if it can. `make_folder`: it
  // is to lie in one that need not be there yet.
  StateKeeper Keep(bool make_folder);

 private:
  int MakeItsFolder() const;

  const std::string path_;
  FileDescriptor folder_;  // open and locked while this server keeps it
};

}  // namespace sconce

#endif  // SERVER_SOURCES_REGISTRY_STATE_H_
