// ServerOptions: everything that the command line and the environment set.
#ifndef SERVER_OPTIONS_H_
#define SERVER_OPTIONS_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"

#include "server/base/clock.h"
#include "server/device_choice.h"
#include "server/sources/model_path.h"

namespace sconce {

struct ServerOptions {
  std::vector<std::string> model_repositories;
  std::vector<ModelPath> models;            // that are in none of these
  std::string model_control_mode = "none";  // none, poll, explicit
  std::vector<std::string> load_models;     // with explicit; "*": all
  absl::Duration repository_poll_period = absl::Seconds(15);
  int load_threads = 0;           // 0: one per processor
  int64_t max_model_memory = -1;  // bytes; -1: four fifths of the memory
  int64_t max_batch_size = 32;
  bool strict_readiness = true;

  std::string listen = "127.0.0.1";
  int grpc_port = 8001;
  int http_port = 8002;
  std::string management_host = "127.0.0.1";  // empty: not served
  int management_port = 8003;
  std::string tls;      // folder with certificate and key; empty: plain
  int grpc_queues = 0;  // 0: chosen from the processors
  int64_t max_message_bytes = int64_t{64} << 20;
  absl::Duration max_connection_age = absl::Seconds(10);
  absl::Duration drain_timeout = absl::Seconds(25);

  DeviceChoice device;
  double gpu_memory_fraction = 0.9;  // of each device's memory
  int lanes = 0;                     // 0: one per processor
  int threads_per_lane = 1;
  int64_t max_queue_size = 1024;
  int64_t max_request_memory = -1;  // bytes; -1: half of the memory
  absl::Duration max_execution_time = absl::Minutes(1);
  std::string optimize = "auto";               // auto, freeze, off
  std::vector<std::string> allowed_operators;  // see doc/operators.md
  bool model_probe = true;
  absl::Duration model_probe_timeout = absl::Minutes(5);

  std::string server_name = "sconce";
  std::string log_format = "text";  // text, json
  std::string log_level = "info";   // debug, info, warning, error
};

// A flag's duration for the clocks inside.
inline MonoDuration ToMono(absl::Duration d) {
  return std::chrono::duration_cast<MonoDuration>(absl::ToChronoNanoseconds(d));
}

// The process should end with `code` after printing `text`, to standard error
// when the code is not 0.
struct ExitRequest {
  int code = 0;
  std::string text;
};

// Reads the command line, and the environment for what it does not say. An
// ExitRequest for --help and --version (code 0) and for anything that is wrong
// (code 2, one line that says what).
std::variant<ServerOptions, ExitRequest> ParseCommandLine(
    int argc, const char* const* argv);

}  // namespace sconce

#endif  // SERVER_OPTIONS_H_
