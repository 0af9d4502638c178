// SettledFiles: tells files that are complete from files that are being
// written.
#ifndef SERVER_SOURCES_SETTLED_FILES_H_
#define SERVER_SOURCES_SETTLED_FILES_H_

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/functional/function_ref.h"

#include "server/base/clock.h"

namespace sconce {

// Remembers since when each key (a version, say) has the revision that it has.
// A pure function of what it is told; does not look at files. One thread at a
// time.
class SettledFiles {
 public:
  explicit SettledFiles(MonoDuration settle_time = std::chrono::seconds(1))
      : settle_time_(settle_time) {}

  // Whether `key` was seen with this revision, and no other since, for the
  // settle time, at the end of which nobody was writing to it:
  // `is_being_written` is asked then, and the time starts anew if so.
  bool IsSettled(
      const std::string& key, const std::string& revision, MonoTime now,
      absl::FunctionRef<bool()> is_being_written = [] { return false; });

  // When to ask again: the first time at which a key settles that had not when
  // it was asked for. Nothing when all had.
  std::optional<MonoTime> NextCheck() const;

  // Forgets every other key.
  void KeepOnly(const std::set<std::string>& keys);

 private:
  struct Seen {
    std::string revision;
    MonoTime since;
    bool settled = false;
  };

  const MonoDuration settle_time_;
  std::map<std::string, Seen> seen_;
};

}  // namespace sconce

#endif  // SERVER_SOURCES_SETTLED_FILES_H_
