// TlsIdentity: what the ports show of themselves, as its files change.
#ifndef SERVER_RPC_TLS_IDENTITY_H_
#define SERVER_RPC_TLS_IDENTITY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "server/base/mutex.h"
#include "server/rpc/tls_files.h"

namespace sconce {

// Asked for each new connection, which costs three calls of stat(): so there is
// no thread that watches the files, and no time at which they are old.
// Thread-safe; blocks on the disk when the files have changed.
class TlsIdentity {
 public:
  // INVALID_ARGUMENT, naming folder and file, as ReadTlsFiles().
  static absl::StatusOr<std::unique_ptr<TlsIdentity>> Load(
      const std::string& folder);

  // The files as they are now. New ones that are unfit are told in the log, and
  // the earlier ones stay. Shared: who has them may still use them when others
  // have come.
  std::shared_ptr<const TlsFiles> Latest() ABSL_LOCKS_EXCLUDED(mu_);

  // Whether clients have to show a certificate. As it was at the start: that
  // cannot be changed while the server runs.
  bool asks_clients() const { return asks_clients_; }

 private:
  TlsIdentity(std::string folder, std::string revision, TlsFiles files);

  const std::string folder_;
  const bool asks_clients_;

  Mutex mu_;
  std::string revision_ ABSL_GUARDED_BY(mu_);  // that was read last
  std::shared_ptr<const TlsFiles> files_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_RPC_TLS_IDENTITY_H_
