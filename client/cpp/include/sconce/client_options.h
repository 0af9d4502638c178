// ClientOptions, CallOptions: how a client connects, and how it calls.
#ifndef CLIENT_CPP_INCLUDE_SCONCE_CLIENT_OPTIONS_H_
#define CLIENT_CPP_INCLUDE_SCONCE_CLIENT_OPTIONS_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "sconce/cancellation.h"

namespace sconce {
inline namespace client {

// Certificates and keys as PEM text.
struct TlsOptions {
  std::string root_certificates;   // "": those of the system
  std::string client_certificate;  // for mutual TLS, with its key; or ""
  std::string client_key;
  std::string server_name;  // on the server's certificate; "": the address's
};

// Reads PEM files; "" is none. NOT_FOUND names the file that cannot be read.
absl::StatusOr<TlsOptions> ReadTlsFiles(
    absl::string_view root_certificates,
    absl::string_view client_certificate = "",
    absl::string_view client_key = "");

// A call that failed is sent again when it had no effect that anybody could
// see: on UNAVAILABLE, and on RESOURCE_EXHAUSTED when the server said how long
// to wait. Never past the deadline, never a step of a sequence, never on a
// stream, and not when most calls fail (a budget refills with good answers).
struct RetryPolicy {
  int max_attempts = 4;  // the first one counts; 1: no retries
  absl::Duration initial_backoff = absl::Milliseconds(50);
  absl::Duration max_backoff = absl::Seconds(2);
  double multiplier = 2;
};

// Gives the bearer token of each call; called on the thread that sends, so it
// should not block. An error fails the call.
using TokenSource = std::function<absl::StatusOr<std::string>()>;

struct ClientOptions {
  // "host:port", "dns:///name:port" (all addresses of the name take turns, as
  // of a headless Kubernetes service), "ipv4:1.2.3.4:8001,1.2.3.5:8001",
  // "unix:/path".
  std::string address = "127.0.0.1:8001";

  std::optional<TlsOptions> tls;  // nothing: without encryption

  TokenSource token;
  bool token_without_tls = false;  // e.g. where a sidecar encrypts

  // Connections to each address, taken in turns: more than one where a single
  // one is the limit.
  int connections = 1;

  int threads = 1;  // which run callbacks

  // For calls that set none. Streams have none unless their CallOptions do.
  absl::Duration default_timeout = absl::Seconds(60);

  RetryPolicy retry;

  // After so long without a word from the server it is asked whether it lives;
  // without an answer for as long the connection counts as broken.
  absl::Duration keepalive = absl::Seconds(30);
};

struct CallOptions {
  absl::Duration timeout = absl::ZeroDuration();  // 0: the client's

  // Waits for a connection until the deadline instead of failing at once.
  bool wait_for_ready = false;

  std::optional<Cancellation> cancellation;

  // More request headers, names in lower case.
  std::vector<std::pair<std::string, std::string>> headers;
};

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_INCLUDE_SCONCE_CLIENT_OPTIONS_H_
