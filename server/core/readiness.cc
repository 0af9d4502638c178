#include "server/core/readiness.h"

#include "absl/algorithm/container.h"

namespace sconce {
namespace {

bool AnyPending(const std::vector<ServableReport>& reports) {
  return absl::c_any_of(
      reports, [](const ServableReport& r) { return IsPending(r.state); });
}

bool IsServing(const ServableReport& report) {
  return report.state == ServableState::kReady;
}

bool IsLeaving(const ServableReport& report) {
  return report.state == ServableState::kQuiescing ||
         report.state == ServableState::kDisabled;
}

std::set<std::string> Models(const std::vector<ServableReport>& reports,
                             bool (*with)(const ServableReport&)) {
  std::set<std::string> models;
  for (const ServableReport& report : reports) {
    if (with(report)) models.insert(report.id.model);
  }
  return models;
}

}  // namespace

void Readiness::Begin() {
  MutexLock lock(&mu_);
  begun_ = true;
}

bool Readiness::HasStarted(const std::vector<ServableReport>& reports) const {
  if (!begun_ || AnyPending(reports)) return false;
  return !strict_ || absl::c_all_of(reports, IsServing);
}

bool Readiness::IsReady(const std::vector<ServableReport>& reports) {
  MutexLock lock(&mu_);
  started_ = started_ || HasStarted(reports);
  if (!started_ || !strict_) return started_;
  const std::set<std::string> staying = Models(
      reports, [](const ServableReport& report) { return !IsLeaving(report); });
  const std::set<std::string> serving = Models(reports, IsServing);
  once_ready_.insert(serving.begin(), serving.end());
  std::erase_if(once_ready_, [&](const std::string& model) {
    return staying.count(model) == 0;
  });
  return absl::c_all_of(once_ready_, [&](const std::string& model) {
    return serving.count(model) > 0;
  });
}

}  // namespace sconce
