#include "client/loadtest/payload/npz_file.h"

#include <zip.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "client/loadtest/payload/npy_file.h"

namespace sconce::load {
namespace {

constexpr uint64_t kMostBytes = uint64_t{8} << 30;

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

using Archive = std::unique_ptr<zip_t, Discard>;

absl::Status Refusal(absl::string_view name, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("array '", name, "': ", why));
}

absl::StatusOr<Archive> Open(const std::string& path) {
  int error = 0;
  Archive archive(zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &error));
  if (archive != nullptr) return archive;
  if (error == ZIP_ER_NOENT || error == ZIP_ER_OPEN || error == ZIP_ER_READ) {
    return absl::NotFoundError(
        absl::StrCat("it cannot be read: ", std::strerror(errno)));
  }
  return absl::InvalidArgumentError(
      "it is no .npz file, or damaged; numpy.savez() writes one");
}

// Of the entry's content. Takes what it says of its size from `left`.
absl::StatusOr<std::string> ReadEntry(zip_t* archive, const zip_stat_t& entry,
                                      uint64_t* left) {
  if (entry.size > *left) return Refusal(entry.name, "it is too large");
  const std::unique_ptr<zip_file_t, Discard> file(
      zip_fopen_index(archive, entry.index, 0));
  if (file == nullptr) {
    return Refusal(entry.name, "it is encrypted, or packed in an unknown way");
  }
  *left -= entry.size;
  std::string content(entry.size, '\0');
  const zip_int64_t got = zip_fread(file.get(), content.data(), entry.size);
  char more = 0;
  // The library compares the checksum when it comes to the end.
  if (got < 0 || static_cast<uint64_t>(got) != entry.size ||
      zip_fread(file.get(), &more, 1) != 0) {
    return Refusal(entry.name, "it is damaged: size or checksum do not match");
  }
  return content;
}

absl::Status AddArray(zip_t* archive, uint64_t index, uint64_t* left,
                      TensorsByName* arrays) {
  zip_stat_t entry;
  constexpr uint64_t kNeeded = ZIP_STAT_NAME | ZIP_STAT_INDEX | ZIP_STAT_SIZE;
  if (zip_stat_index(archive, index, 0, &entry) != 0 ||
      (entry.valid & kNeeded) != kNeeded) {
    return absl::InvalidArgumentError("it has an entry without name or size");
  }
  const auto content = ReadEntry(archive, entry, left);
  if (!content.ok()) return content.status();
  auto array = ReadNpy(*content);
  if (!array.ok()) return Refusal(entry.name, array.status().message());
  const std::string name(absl::StripSuffix(entry.name, ".npy"));
  if (arrays->emplace(name, *std::move(array)).second) return absl::OkStatus();
  return Refusal(entry.name, "it is there twice");
}

absl::StatusOr<TensorsByName> ReadAll(const std::string& path) {
  const auto archive = Open(path);
  if (!archive.ok()) return archive.status();
  const auto count =
      static_cast<uint64_t>(zip_get_num_entries(archive->get(), 0));
  TensorsByName arrays;
  uint64_t left = kMostBytes;
  for (uint64_t index = 0; index < count; ++index) {
    const absl::Status added = AddArray(archive->get(), index, &left, &arrays);
    if (!added.ok()) return added;
  }
  return arrays;
}

}  // namespace

absl::StatusOr<TensorsByName> ReadNpzFile(const std::string& path) {
  auto arrays = ReadAll(path);
  if (arrays.ok()) return arrays;
  return absl::Status(
      arrays.status().code(),
      absl::StrCat("file '", path, "': ", arrays.status().message()));
}

}  // namespace sconce::load
