#include "server/base/memory.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace sconce {
namespace {

uint64_t MachineMemory() {
  return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

std::optional<uint64_t> LimitIn(const std::string& path) {
  std::ifstream file(path);
  return BytesOfMemoryMax(
      {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
}

}  // namespace

std::optional<uint64_t> BytesOfMemoryMax(const std::string& text) {
  uint64_t bytes = 0;
  if (!absl::SimpleAtoi(absl::StripAsciiWhitespace(text), &bytes) ||
      bytes == 0) {
    return std::nullopt;
  }
  return bytes;
}

std::optional<uint64_t> MemoryOfCgroup(const std::string& root) {
  if (const auto limit = LimitIn(root + "/memory.max")) return limit;
  return LimitIn(root + "/memory/memory.limit_in_bytes");
}

uint64_t UsableMemory() {
  // In a container the own cgroup is mounted as the root of the hierarchy.
  // Version 1 says "no limit" by a number beyond any machine's memory.
  const auto granted = MemoryOfCgroup("/sys/fs/cgroup");
  return std::min(granted.value_or(UINT64_MAX), MachineMemory());
}

}  // namespace sconce
