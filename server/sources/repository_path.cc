#include "server/sources/repository_path.h"

#include <algorithm>
#include <optional>
#include <system_error>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"

namespace sconce {
namespace {

namespace fs = std::filesystem;

// The most that a folder's name may have on the usual file systems.
constexpr size_t kLongestName = 255;
constexpr size_t kMostShown = 64;

// What is wrong with `name`, for the end of "the model name 'x' …".
std::optional<std::string> FaultOf(absl::string_view name) {
  if (name.empty()) return "is empty; expected at least one character";
  if (name.size() > kLongestName) {
    return absl::StrCat("has ", name.size(), " bytes, expected at most ",
                        kLongestName);
  }
  if (name.front() == '.') return "begins with a '.', which marks hidden files";
  const auto is_wrong = [](char c) {
    return !absl::ascii_isprint(static_cast<unsigned char>(c)) || c == '/' ||
           c == '\\' || c == ':' || c == '*';
  };
  const auto wrong = absl::c_find_if(name, is_wrong);
  if (wrong == name.end()) return std::nullopt;
  return absl::StrCat(
      "holds ", QuotedName({&*wrong, 1}),
      ", expected printable ASCII without '/', '\\', ':' and '*'");
}

bool IsBeneath(const fs::path& path, const fs::path& root) {
  return std::mismatch(root.begin(), root.end(), path.begin(), path.end())
             .first == root.end();
}

absl::Status CheckRelative(const fs::path& relative, const std::string& shown) {
  if (relative.is_absolute() || absl::c_linear_search(relative, "..")) {
    return absl::InvalidArgumentError(
        absl::StrCat(shown,
                     " is no path beneath the model repository; "
                     "expected one without '..' and leading '/'"));
  }
  return absl::OkStatus();
}

enum class Way { kPlain, kHasLink, kEndsEarly };

// What lies between `root` and `relative`. Most have no link, and then asking
// for each part costs less than having the whole path resolved.
Way WayTo(const fs::path& root, const fs::path& relative) {
  fs::path path = root;
  for (const fs::path& part : relative) {
    path /= part;
    std::error_code ignored;
    const fs::file_status found = fs::symlink_status(path, ignored);
    if (fs::is_symlink(found)) return Way::kHasLink;
    if (!fs::exists(found)) return Way::kEndsEarly;
  }
  return Way::kPlain;
}

absl::Status NotThere(const std::string& shown) {
  return absl::NotFoundError(
      absl::StrCat(shown, " is not in the model repository"));
}

absl::StatusOr<fs::path> FollowLinks(const fs::path& root,
                                     const fs::path& relative,
                                     const std::string& shown) {
  std::error_code error;
  const fs::path real_root = fs::canonical(root, error);
  if (error) return NotThere(shown);
  fs::path real = fs::canonical(real_root / relative, error);
  if (error) {
    return absl::InvalidArgumentError(absl::StrCat(
        shown, " is a link that leads to nothing; put the file in its place"));
  }
  if (!IsBeneath(real, real_root)) {
    return absl::InvalidArgumentError(absl::StrCat(
        shown,
        " is a link out of the model repository; put the files themselves "
        "there, or give the folder that it leads to as another "
        "--model-repository"));
  }
  return real;
}

}  // namespace

std::string QuotedName(absl::string_view name) {
  const absl::string_view shown = name.substr(0, kMostShown);
  return absl::StrCat("'", absl::CHexEscape(shown),
                      shown.size() < name.size() ? "…'" : "'");
}

absl::Status CheckModelName(absl::string_view name) {
  const auto fault = FaultOf(name);
  if (!fault) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the model name ", QuotedName(name), " ", *fault));
}

absl::StatusOr<fs::path> ResolveBeneath(const fs::path& root,
                                        absl::string_view relative) {
  const std::string shown = QuotedName(relative);
  if (absl::StrContains(relative, absl::string_view("\0", 1))) {
    return absl::InvalidArgumentError(absl::StrCat(shown, " holds a zero"));
  }
  const fs::path part = std::string(relative);
  RETURN_IF_ERROR(CheckRelative(part, shown));
  switch (WayTo(root, part)) {
    case Way::kPlain:
      return root / part;
    case Way::kHasLink:
      return FollowLinks(root, part, shown);
    case Way::kEndsEarly:
      break;
  }
  return NotThere(shown);
}

}  // namespace sconce
