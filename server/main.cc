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

#include "server/options.h"
#include "server/server.h"
#include "server/telemetry/log.h"

namespace {

constexpr int kStartFailed = 1;

// Signals are taken by sigwait() only; every thread inherits the mask.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
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
  (*server)->Drain();
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  // Debian's abseil looks for lock cycles in gRPC at every lock, also in
  // release builds: 8 % of the instructions of a small request.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
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
