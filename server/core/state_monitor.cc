#include "server/core/state_monitor.h"

#include "absl/time/clock.h"

namespace sconce {

bool StateMonitor::IsKnown(const ServableReport& report) const {
  const auto present = present_.find({report.id.model, report.id.version});
  if (present == present_.end()) {
    return report.state == ServableState::kDisabled;
  }
  const ServableReport& known = present->second.report;
  return known.state == report.state && known.status == report.status;
}

void StateMonitor::Publish(const ServableReport& report) {
  MutexLock lock(&mu_);
  if (IsKnown(report)) return;
  const StateEvent event = {++last_, report, absl::Now()};
  const Key key = {report.id.model, report.id.version};
  if (report.state == ServableState::kDisabled) {
    present_.erase(key);
  } else {
    present_.insert_or_assign(key, event);
  }
  events_.push_back(event);
  if (events_.size() > capacity_) events_.pop_front();
  for (StateWatcher* watcher : watchers_) watcher->OnStateChange();
}

StateMonitor::Page StateMonitor::Since(std::optional<uint64_t> position) const {
  MutexLock lock(&mu_);
  Page page;
  page.position = last_;
  const uint64_t oldest = last_ - events_.size();  // the position before it
  page.continues = position && *position >= oldest && *position <= last_;
  if (!page.continues) {
    for (const auto& [key, event] : present_) page.events.push_back(event);
    return page;
  }
  const auto skipped = static_cast<ptrdiff_t>(*position - oldest);
  page.events.assign(events_.begin() + skipped, events_.end());
  return page;
}

void StateMonitor::Add(StateWatcher* watcher) {
  MutexLock lock(&mu_);
  watchers_.insert(watcher);
}

void StateMonitor::Remove(StateWatcher* watcher) {
  MutexLock lock(&mu_);
  watchers_.erase(watcher);
}

}  // namespace sconce
