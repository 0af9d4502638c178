#include "server/sources/registry_state.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

#include "server/base/atomic_file.h"
#include "server/base/file_calls.h"
#include "server/base/status_macros.h"
#include "server/sources/registry_state_text.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

namespace fs = std::filesystem;

constexpr char kWhat[] = "the registry's state was not saved";

// Thousands of models take a few MB.
constexpr uintmax_t kMostBytes = uintmax_t{64} << 20;

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    return absl::InvalidArgumentError("no readable file");
  }
  const uintmax_t size = fs::file_size(path, error);
  if (error || size > kMostBytes) {
    return absl::InvalidArgumentError("larger than it can be");
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (size > 0) text << file.rdbuf();
  if (!file || !text) return absl::InvalidArgumentError("it cannot be read");
  return text.str();
}

absl::StatusOr<RegistryState> ReadState(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  return RegistryStateFromText(text);
}

void SetAside(const std::string& path, const absl::Status& fault) {
  const std::string aside =
      absl::StrCat(path, ".corrupt-", static_cast<int64_t>(std::time(nullptr)));
  if (const int error = RenameFile(path, aside); error != 0) {
    LogWarning("the registry's state is unusable and cannot be set aside",
               {{"file", path},
                {"reason", fault.message()},
                {"error", std::generic_category().message(error)}});
    return;
  }
  LogWarning(
      "the registry's state is unusable and was set aside; aliases, traffic "
      "and loaded models have to be set again",
      {{"file", aside}, {"reason", fault.message()}});
}

}  // namespace

absl::Status KeptByAnother(absl::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat(
      what,
      ": another server keeps the state of this model repository, and it alone "
      "uploads and deletes; ask that one, or stop it and try again in some "
      "seconds"));
}

RegistryStateFile::RegistryStateFile(std::string path)
    : path_(std::move(path)) {}

RegistryState RegistryStateFile::Read() const {
  std::error_code ignored;
  if (fs::status(path_, ignored).type() == fs::file_type::not_found) return {};
  absl::StatusOr<RegistryState> state = ReadState(path_);
  if (state.ok()) return *std::move(state);
  SetAside(path_, state.status());
  return {};
}

int RegistryStateFile::MakeItsFolder() const {
  const fs::path folder = fs::path(path_).parent_path();
  std::error_code none;
  if (path_.empty()) return ENOENT;
  if (fs::is_symlink(folder, none)) return ELOOP;  // it could lead anywhere
  bool made = false;
  const int error = MakeFolder(folder.string(), &made);
  if (error != 0 || !made) return error;
  return SyncFolder(folder.parent_path().string());
}

// The lock goes with the process. A file system without locks has none.
StateKeeper RegistryStateFile::Keep(bool make_folder) {
  if (folder_.is_open()) return StateKeeper::kThisServer;
  if (make_folder && MakeItsFolder() != 0) return StateKeeper::kNobody;
  FileDescriptor folder;
  const fs::path path = fs::path(path_).parent_path();
  if (OpenFile(path.string(), O_RDONLY | O_DIRECTORY, &folder) != 0) {
    return StateKeeper::kNobody;
  }
  if (flock(folder.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return StateKeeper::kAnother;
  }
  folder_ = std::move(folder);
  return StateKeeper::kThisServer;
}

absl::Status RegistryStateFile::Write(const RegistryState& state) {
  if (path_.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(kWhat, ": there is no model repository to keep it in"));
  }
  int error = MakeItsFolder();
  if (error != 0) return FileError(error, kWhat);
  if (Keep(/*make_folder=*/false) == StateKeeper::kAnother) {
    return KeptByAnother(kWhat);
  }
  error = WriteFileAtomically(path_, RegistryStateToText(state));
  return error == 0 ? absl::OkStatus() : FileError(error, kWhat);
}

}  // namespace sconce
