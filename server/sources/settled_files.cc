#include "server/sources/settled_files.h"

#include <algorithm>

namespace sconce {

bool SettledFiles::IsSettled(const std::string& key,
                             const std::string& revision, MonoTime now,
                             absl::FunctionRef<bool()> is_being_written) {
  const auto [it, is_new] = seen_.try_emplace(key, Seen{revision, now});
  Seen& seen = it->second;
  if (seen.revision != revision) seen = {revision, now};
  if (seen.settled || now - seen.since < settle_time_) return seen.settled;
  seen.settled = !is_being_written();
  seen.since = now;
  return seen.settled;
}

std::optional<MonoTime> SettledFiles::NextCheck() const {
  std::optional<MonoTime> next;
  for (const auto& [key, seen] : seen_) {
    if (seen.settled) continue;
    const MonoTime settles = seen.since + settle_time_;
    next = next ? std::min(*next, settles) : settles;
  }
  return next;
}

void SettledFiles::KeepOnly(const std::set<std::string>& keys) {
  std::erase_if(seen_,
                [&](const auto& seen) { return !keys.contains(seen.first); });
}

}  // namespace sconce
