// Thread: a named thread that its owner joins.
#ifndef SERVER_BASE_THREAD_H_
#define SERVER_BASE_THREAD_H_

#include <functional>
#include <string>
#include <thread>

namespace sconce {

// Runs `main` on a new thread from construction on; the destructor joins it,
// so whatever makes `main` return has to be done before. Not thread-safe.
class Thread {
 public:
  // `name` is what debuggers and `top -H` show; the kernel keeps 15 bytes.
  Thread(const std::string& name, std::function<void()> main);
  ~Thread();
  Thread(Thread&&) = default;

  // Waits until `main` returned. Idempotent.
  void Join();

  // Asks the kernel to run the calling thread on one processor only: the
  // `cpu`-th of those the process may use, counted round. A refusal is
  // harmless and ignored.
  static void PinCurrentTo(int cpu);

  // From now on the calling thread, and what it starts, gets the processor time
  // that others leave, and a seventieth of theirs when they leave none. For
  // good.
  static void LowerCurrentPriority();

 private:
  std::thread thread_;
};

}  // namespace sconce

#endif  // SERVER_BASE_THREAD_H_
