#include "client/loadtest/report/write_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"

namespace sconce::load {
namespace {

absl::Status Failed(const std::string& path, int error) {
  return absl::InvalidArgumentError(
      absl::StrCat("cannot write ", path, ": ", std::strerror(error),
                   error == ENOENT ? "; is there such a folder?" : ""));
}

// Returns 0 or an errno.
int WriteAll(int file, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno != EINTR) return errno;
    if (written > 0) text.remove_prefix(written);
  }
  return 0;
}

int WriteTo(const std::string& path, absl::string_view text) {
  const int file =
      open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) return errno;
  const int error = WriteAll(file, text);
  const bool closed = close(file) == 0;
  return error == 0 && !closed ? errno : error;
}

bool IsSpecial(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode);
}

// Where a link leads: the file is replaced there, and the link stays.
std::string Resolved(const std::string& path) {
  std::error_code error;
  const auto resolved = std::filesystem::canonical(path, error);
  return error ? path : resolved.string();
}

std::string TemporaryFor(const std::string& target) {
  return absl::StrCat(target, ".", getpid(), ".tmp");
}

}  // namespace

absl::Status CheckWritable(const std::string& path) {
  if (IsSpecial(path)) return absl::OkStatus();
  const std::string temporary = TemporaryFor(Resolved(path));
  const int error = WriteTo(temporary, "");
  if (error != 0) return Failed(path, error);
  unlink(temporary.c_str());
  return absl::OkStatus();
}

absl::Status WriteFile(const std::string& path, absl::string_view text) {
  if (IsSpecial(path)) {
    const int error = WriteTo(path, text);
    return error == 0 ? absl::OkStatus() : Failed(path, error);
  }
  const std::string target = Resolved(path);
  const std::string temporary = TemporaryFor(target);
  int error = WriteTo(temporary, text);
  if (error == 0 && rename(temporary.c_str(), target.c_str()) != 0) {
    error = errno;
  }
  if (error == 0) return absl::OkStatus();
  unlink(temporary.c_str());
  return Failed(path, error);
}

}  // namespace sconce::load
