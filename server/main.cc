// sconce-server: flags -> Server -> wait for a signal -> drain.
#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <variant>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

#include "server/options.h"
#include "server/runtime/probe/fork_server_main.h"
#include "server/server.h"
#include "server/telemetry/log.h"

namespace {

constexpr int kStartFailed = 1;

// Calls that are in flight at the drain's end are cancelled and get a second to
// leave; that long after it the process ends whatever still runs.
constexpr absl::Duration kAbandonAfter = absl::Seconds(2);

// Signals are taken by sigwait() only; every thread inherits the mask.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  // A file size limit is to fail an upload, not to end the server.
  std::signal(SIGXFSZ, SIG_IGN);
  // Ignored, as some parents leave it, the kernel would not tell how a model's
  // test process ended.
  std::signal(SIGCHLD, SIG_DFL);
  return signals;
}

// What cannot be interrupted (a model that runs, an archive that loads) must
// not keep the process beyond its time.
void ExitAfter(absl::Duration limit) {
  std::thread([limit] {
    absl::SleepFor(limit);
    sconce::LogWarning("drain timeout is over; work in flight is abandoned");
    _exit(EXIT_SUCCESS);
  }).detach();
}

// A second signal means that somebody does not want to wait for the drain.
void ExitOnNextSignal(const sigset_t& signals) {
  std::thread([signals] {
    int number = 0;
    sigwait(&signals, &number);
    sconce::LogWarning("second signal; stopping at once");
    _exit(128 + number);
  }).detach();
}

void ConfigureLog(const sconce::ServerOptions& options) {
  using sconce::LogLevel;
  const std::string& name = options.log_level;
  const LogLevel level = name == "debug"     ? LogLevel::kDebug
                         : name == "warning" ? LogLevel::kWarning
                         : name == "error"   ? LogLevel::kError
                                             : LogLevel::kInfo;
  sconce::ConfigureLog(options.log_format == "json" ? sconce::LogFormat::kJson
                                                    : sconce::LogFormat::kText,
                       level);
}

int Serve(const sconce::ServerOptions& options) {
  const sigset_t signals = BlockSignals();
  ConfigureLog(options);
  auto server = sconce::Server::Start(options);
  if (!server.ok()) {
    sconce::LogError("cannot start", {{"reason", server.status().message()}});
    return kStartFailed;
  }
  int number = 0;
  sigwait(&signals, &number);
  ExitOnNextSignal(signals);
  ExitAfter(options.drain_timeout + kAbandonAfter);
  (*server)->Drain();
  // Nothing is left to end in order; LibTorch's own teardown takes half a
  // second, in which a second signal would still change the exit code.
  std::fflush(nullptr);
  _exit(EXIT_SUCCESS);
}

}  // namespace

int main(int argc, char** argv) {
  // A model may print; its lines should not wait for a full buffer.
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  // Debian's abseil looks for lock cycles in gRPC at every lock, also in
  // release builds: 5,000 of the 62,000 user instructions of a raw echo.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  if (argc > 1 && std::string(argv[1]) == sconce::kForkServerCommand) {
    return sconce::RunForkServer();
  }
  // gRPC 1.51 cuts received messages into slices of 64 KiB unless this
  // experiment is off; it reads the variable when it starts.
  setenv("GRPC_EXPERIMENTS", "-tcp_read_chunks", /*overwrite=*/0);
  const auto parsed = sconce::ParseCommandLine(argc, argv);
  if (const auto* exit = std::get_if<sconce::ExitRequest>(&parsed)) {
    std::fputs(exit->text.c_str(), exit->code == 0 ? stdout : stderr);
    return exit->code;
  }
  return Serve(std::get<sconce::ServerOptions>(parsed));
}
