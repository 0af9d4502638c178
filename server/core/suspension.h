// SuspensionListener: who hears that a loaded servable cannot answer.
#ifndef SERVER_CORE_SUSPENSION_H_
#define SERVER_CORE_SUSPENSION_H_

#include <functional>

#include "absl/status/status.h"

#include "server/core/servable_id.h"

namespace sconce {

// May be called on any thread, without a lock held. A servable may be
// suspended for several reasons at the same time: each suspend() is followed
// by one resume(), later or never.
struct SuspensionListener {
  // The message of `why` is shown to clients.
  std::function<void(const ServableId&, const absl::Status& why)> suspend =
      [](const ServableId&, const absl::Status&) {};
  std::function<void(const ServableId&)> resume = [](const ServableId&) {};
};

}  // namespace sconce

#endif  // SERVER_CORE_SUSPENSION_H_
