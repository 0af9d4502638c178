#include "server/base/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "server/base/file_calls.h"
#include "server/base/file_descriptor.h"

namespace sconce {
namespace {

int WriteAndSync(const std::string& path, absl::string_view text) {
  FileDescriptor file;
  int error = OpenFile(path, O_WRONLY | O_CREAT | O_TRUNC, &file);
  if (error == 0) error = WriteAll(file.get(), text);
  if (error == 0) error = SyncFile(file.get());
  return error;
}

}  // namespace

int WriteFileAtomically(const std::string& path, absl::string_view text) {
  const std::string temporary = path + ".tmp";
  int error = WriteAndSync(temporary, text);
  if (error == 0) error = RenameFile(temporary, path);
  if (error != 0) {
    unlink(temporary.c_str());
    return error;
  }
  return SyncFolder(std::filesystem::path(path).parent_path().string());
}

}  // namespace sconce
