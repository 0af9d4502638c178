#include "client/loadtest/payload/whole_file.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace sconce::load {
namespace {

constexpr uint64_t kMostBytes = uint64_t{8} << 30;

absl::Status Unreadable(const std::string& path, const std::string& why) {
  return absl::NotFoundError(
      absl::StrCat("file '", path, "' cannot be read: ", why));
}

}  // namespace

absl::StatusOr<std::string> ReadWholeFile(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return Unreadable(path, "it is a folder");
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return Unreadable(path, std::strerror(errno));
  const uint64_t size = std::filesystem::file_size(path, error);
  if (error) return Unreadable(path, error.message());
  if (size > kMostBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("file '", path, "' has ", size,
                     " bytes; expected at most ", kMostBytes));
  }
  std::string bytes(size, '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(size));
  if (stream.gcount() == static_cast<std::streamsize>(size)) return bytes;
  return Unreadable(path, "it became shorter");
}

}  // namespace sconce::load
