// ServableHandle: a counted reference that keeps one servable loaded.
#ifndef SERVER_CORE_SERVABLE_HANDLE_H_
#define SERVER_CORE_SERVABLE_HANDLE_H_

#include <cstdint>
#include <utility>

#include "server/base/inflight_gate.h"
#include "server/core/servable.h"

namespace sconce {

// While a handle lives its servable is not unloaded, so hold it for one
// request, not longer. Movable; one thread at a time.
class ServableHandle {
 public:
  ServableHandle() = default;

  // REQUIRES: gate->Enter() succeeded; the handle leaves it. Both outlive it.
  ServableHandle(Servable* servable, InflightGate* gate)
      : servable_(servable), gate_(gate) {}

  ServableHandle(ServableHandle&& other) noexcept
      : servable_(std::exchange(other.servable_, nullptr)),
        gate_(std::exchange(other.gate_, nullptr)) {}
  ServableHandle& operator=(ServableHandle&& other) noexcept {
    std::swap(servable_, other.servable_);
    std::swap(gate_, other.gate_);
    return *this;
  }
  ~ServableHandle() {
    if (gate_ != nullptr) gate_->Leave();
  }

  // Handles of the servable that are out, this one included. REQUIRES: holds
  // one.
  int64_t in_flight() const { return gate_->in_flight(); }

  explicit operator bool() const { return servable_ != nullptr; }
  Servable* operator->() const { return servable_; }
  Servable& operator*() const { return *servable_; }

 private:
  Servable* servable_ = nullptr;
  InflightGate* gate_ = nullptr;
};

}  // namespace sconce

#endif  // SERVER_CORE_SERVABLE_HANDLE_H_
