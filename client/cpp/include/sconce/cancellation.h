// Cancellation: ends calls early.
#ifndef CLIENT_CPP_INCLUDE_SCONCE_CANCELLATION_H_
#define CLIENT_CPP_INCLUDE_SCONCE_CANCELLATION_H_

#include <memory>

namespace sconce {
inline namespace client {

// Given to calls in their CallOptions; Cancel() then ends all of them, and
// those that are started later, with CANCELLED. Copies are one cancellation: a
// thread keeps one while another waits in Infer(). Thread-safe.
class Cancellation {
 public:
  class State;

  Cancellation();

  // Does not wait for the calls. A call that has ended is left as it is.
  void Cancel() const;
  bool cancelled() const;

  const std::shared_ptr<State>& state() const { return state_; }

 private:
  // Shared with the calls, which may outlive this object.
  std::shared_ptr<State> state_;
};

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_INCLUDE_SCONCE_CANCELLATION_H_
