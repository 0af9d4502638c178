// HealthStates: what the health service says, and who wants to hear of it.
#ifndef SERVER_RPC_HEALTH_STATES_H_
#define SERVER_RPC_HEALTH_STATES_H_

#include <map>
#include <set>
#include <string>

#include "health/v1/health.pb.h"
#include "server/base/mutex.h"

namespace sconce {

using HealthStatus = grpc::health::v1::HealthCheckResponse::ServingStatus;

// The service that serves as long as the process works, also before a model
// is ready and while the server drains: what asks whether to start the process
// anew asks for it.
inline constexpr char kLiveService[] = "sconce.live";

// Somebody who hears of changes.
class HealthListener {
 public:
  virtual ~HealthListener() = default;

  // Called with a lock held, in the order of the changes. Must not block nor
  // call HealthStates.
  virtual void OnStatus(HealthStatus status) = 0;
};

// Thread-safe.
class HealthStates {
 public:
  HealthStates() {
    states_[""] = grpc::health::v1::HealthCheckResponse::NOT_SERVING;
    states_[kLiveService] = grpc::health::v1::HealthCheckResponse::SERVING;
  }

  // Without effect after Shutdown(), and for kLiveService, which a model may
  // be called.
  void Set(const std::string& service, bool serving) ABSL_LOCKS_EXCLUDED(mu_);

  // Makes every other state NOT_SERVING for good.
  void Shutdown() ABSL_LOCKS_EXCLUDED(mu_);

  // Makes every state NOT_SERVING for good, that of kLiveService, too.
  void Fail() ABSL_LOCKS_EXCLUDED(mu_);

  // SERVICE_UNKNOWN for a name that was never set.
  HealthStatus Get(const std::string& service) const ABSL_LOCKS_EXCLUDED(mu_);

  // Tells `listener` the state now, and every change until Remove().
  void Add(const std::string& service, HealthListener* listener)
      ABSL_LOCKS_EXCLUDED(mu_);
  void Remove(const std::string& service, HealthListener* listener)
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  HealthStatus Find(const std::string& service) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Change(const std::string& service, HealthStatus status)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable Mutex mu_;
  std::map<std::string, HealthStatus> states_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::set<HealthListener*>> listeners_
      ABSL_GUARDED_BY(mu_);
  bool shut_down_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace sconce

#endif  // SERVER_RPC_HEALTH_STATES_H_
