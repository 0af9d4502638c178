#include "server/rpc/health_states.h"

namespace sconce {

using grpc::health::v1::HealthCheckResponse;

void HealthStates::Set(const std::string& service, bool serving) {
  MutexLock lock(&mu_);
  if (shut_down_ || service == kLiveService) return;
  Change(service, serving ? HealthCheckResponse::SERVING
                          : HealthCheckResponse::NOT_SERVING);
}

void HealthStates::Shutdown() {
  MutexLock lock(&mu_);
  shut_down_ = true;
  for (const auto& [service, status] : states_) {
    if (service == kLiveService) continue;
    Change(service, HealthCheckResponse::NOT_SERVING);
  }
}

void HealthStates::Fail() {
  MutexLock lock(&mu_);
  shut_down_ = true;
  for (const auto& [service, status] : states_) {
    Change(service, HealthCheckResponse::NOT_SERVING);
  }
}

HealthStatus HealthStates::Get(const std::string& service) const {
  MutexLock lock(&mu_);
  return Find(service);
}

void HealthStates::Add(const std::string& service, HealthListener* listener) {
  MutexLock lock(&mu_);
  listeners_[service].insert(listener);
  listener->OnStatus(Find(service));
}

void HealthStates::Remove(const std::string& service,
                          HealthListener* listener) {
  MutexLock lock(&mu_);
  const auto found = listeners_.find(service);
  if (found == listeners_.end()) return;
  found->second.erase(listener);
  if (found->second.empty()) listeners_.erase(found);
}

HealthStatus HealthStates::Find(const std::string& service) const {
  const auto found = states_.find(service);
  return found == states_.end() ? HealthCheckResponse::SERVICE_UNKNOWN
                                : found->second;
}

void HealthStates::Change(const std::string& service, HealthStatus status) {
  HealthStatus& state = states_[service];
  if (state == status) return;
  state = status;
  const auto found = listeners_.find(service);
  if (found == listeners_.end()) return;
  for (HealthListener* listener : found->second) listener->OnStatus(status);
}

}  // namespace sconce
