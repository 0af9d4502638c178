// SignalWatch: Ctrl-C ends a load early, and the report is written.
#ifndef CLIENT_LOADTEST_SENDING_SIGNAL_WATCH_H_
#define CLIENT_LOADTEST_SENDING_SIGNAL_WATCH_H_

#include <atomic>
#include <stop_token>
#include <thread>

namespace sconce::load {

// Hears SIGINT and SIGTERM on a thread of its own. The first one asks for a
// stop; it ends the process like any other where there is nothing to report
// yet, and so does a second one. One in a process, made before other threads
// are: they inherit that the signals are blocked.
class SignalWatch {
 public:
  SignalWatch();
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  // From now on there is something to report.
  void Arm() { armed_ = true; }

  std::stop_token stop() const { return stop_.get_token(); }

 private:
  void Run();

  std::stop_source stop_;
  std::atomic<bool> armed_ = false;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SENDING_SIGNAL_WATCH_H_
