#include "server/runtime/archive/foreign_kind.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace sconce {
namespace {

struct Signature {
  size_t place;
  absl::string_view bytes;
  absl::string_view title;
};

constexpr Signature kSignatures[] = {
    {0, "version https://git-lfs",
     "a pointer of Git LFS: the file itself is elsewhere, `git lfs pull` "
     "fetches it"},
    {0, "\x89HDF\r\n", "an HDF5 file, as Keras writes them"},
    {0, "GGUF", "a GGUF file of llama.cpp"},
    {4, "TFL3", "a TensorFlow Lite model"},
    {0, "\x93NUMPY", "a NumPy array (.npy)"},
    {0,
     "\x7f"
     "ELF",
     "a compiled program or library"},
    {0, "\x1f\x8b", "a gzip file: unpack it and check what is inside"},
    {0, "7z\xbc\xaf", "a 7z file: unpack it and check what is inside"},
    {0, "\x28\xb5\x2f\xfd", "a zstd file: unpack it and check what is inside"},
    {0, "\x89PNG", "an image (PNG)"},
    {0, "\xff\xd8\xff", "an image (JPEG)"},
};

bool IsText(absl::string_view head) {
  return std::none_of(head.begin(), head.end(),
                      [](char c) {
                        return absl::ascii_iscntrl(c) &&
                               !absl::ascii_isspace(c);
                      }) &&
         std::all_of(head.begin(), head.end(),
                     [](char c) { return absl::ascii_isascii(c); });
}

bool IsWebPage(absl::string_view head) {
  const std::string lower =
      absl::AsciiStrToLower(absl::StripLeadingAsciiWhitespace(head));
  return absl::StartsWith(lower, "<!doctype html") ||
         absl::StartsWith(lower, "<html");
}

}  // namespace

RecognizedFile RecognizeForeign(absl::string_view head) {
  for (const Signature& known : kSignatures) {
    if (known.place < head.size() &&
        absl::StartsWith(head.substr(known.place), known.bytes)) {
      return {ArchiveKind::kOther, std::string(known.title)};
    }
  }
  if (IsWebPage(head)) {
    return {ArchiveKind::kOther,
            "a web page: a download that was answered by an error page"};
  }
  if (IsText(head)) return {ArchiveKind::kOther, "text"};
  return {ArchiveKind::kOther, "of no known kind"};
}

}  // namespace sconce
