// The files by which a port proves who it is: a folder as a Secret of the type
// kubernetes.io/tls is mounted, with tls.crt, tls.key and maybe ca.crt.
#ifndef SERVER_RPC_TLS_FILES_H_
#define SERVER_RPC_TLS_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sconce {

// All in PEM, of one moment, and fit for each other.
struct TlsFiles {
  std::string certificate;  // the server's first, then what vouches for it
  std::string key;
  std::string
      authorities;     // of clients' certificates; empty: none is asked for
  absl::Time expires;  // the server's certificate
};

// Reads and proves them. INVALID_ARGUMENT, for the operator's eyes: a file that
// is missing, or unfit, a key of another certificate, or files that were
// changed meanwhile.
absl::StatusOr<TlsFiles> ReadTlsFiles(const std::string& folder);

// Another one when a file is another. Costs three calls of stat().
std::string TlsRevision(const std::string& folder);

}  // namespace sconce

#endif  // SERVER_RPC_TLS_FILES_H_
