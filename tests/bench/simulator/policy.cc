#include "tests/bench/simulator/policy.h"

#include "tests/bench/simulator/queue_policy.h"
#include "tests/bench/simulator/sconce_policy.h"

namespace sconce::simulator {

std::unique_ptr<Policy> MakePolicy(const std::string& name,
                                   const Workload& workload) {
  const auto queue = [&](DropRule rule) {
    return std::make_unique<QueuePolicy>(workload, rule);
  };
  if (name == "fifo") return queue(DropRule::kNever);
  if (name == "timeout") return queue(DropRule::kTimeout);
  if (name == "early_drop") return queue(DropRule::kEarlyDrop);
  if (name == "sconce") return std::make_unique<SconcePolicy>(workload);
  return nullptr;
}

}  // namespace sconce::simulator
