// How much memory the process may use.
#ifndef SERVER_BASE_MEMORY_H_
#define SERVER_BASE_MEMORY_H_

#include <cstdint>
#include <optional>
#include <string>

namespace sconce {

// Bytes of the machine's memory or of the cgroup's limit (a container's),
// whichever is less.
uint64_t UsableMemory();

// Bytes granted by the text of cgroup v2's memory.max; nothing for "max" or
// text of another form.
std::optional<uint64_t> BytesOfMemoryMax(const std::string& text);

// The limit of the cgroup that is mounted at `root`, from the file of version 2
// or of version 1; nothing where there is none.
std::optional<uint64_t> MemoryOfCgroup(const std::string& root);

}  // namespace sconce

#endif  // SERVER_BASE_MEMORY_H_
