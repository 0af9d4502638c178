#include "server/rpc/tls_identity.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "server/base/status_macros.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

void Tell(absl::string_view message, const TlsFiles& files) {
  LogInfo(message,
          {{"expires", absl::FormatTime(files.expires, absl::UTCTimeZone())},
           {"clients", files.authorities.empty()
                           ? "need no certificate"
                           : "need a certificate of ca.crt"}});
  if (files.expires < absl::Now()) {
    LogWarning("the TLS certificate has expired; clients will refuse it");
  }
}

// Files that would change who may connect need a restart.
absl::Status CheckSameRule(const TlsFiles& files, bool asks_clients) {
  if (files.authorities.empty() != asks_clients) return absl::OkStatus();
  return absl::InvalidArgumentError(
      asks_clients ? "ca.crt is gone; to serve clients without a certificate "
                     "takes a restart"
                   : "ca.crt has come; to ask clients for a certificate takes "
                     "a restart");
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsIdentity>> TlsIdentity::Load(
    const std::string& folder) {
  std::string revision = TlsRevision(folder);
  absl::StatusOr<TlsFiles> files = ReadTlsFiles(folder);
  if (!files.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the TLS files in '", folder,
                     "' cannot be used: ", files.status().message(),
                     "; --tls takes a folder with tls.crt, tls.key and, where "
                     "clients need a certificate, ca.crt"));
  }
  Tell("TLS is on", *files);
  return std::unique_ptr<TlsIdentity>(
      new TlsIdentity(folder, std::move(revision), *std::move(files)));
}

TlsIdentity::TlsIdentity(std::string folder, std::string revision,
                         TlsFiles files)
    : folder_(std::move(folder)),
      asks_clients_(!files.authorities.empty()),
      revision_(std::move(revision)),
      files_(std::make_shared<const TlsFiles>(std::move(files))) {}

std::shared_ptr<const TlsFiles> TlsIdentity::Latest() {
  std::string revision = TlsRevision(folder_);
  {
    MutexLock lock(&mu_);
    if (revision == revision_) return files_;
  }
  absl::StatusOr<TlsFiles> read = ReadTlsFiles(folder_);
  absl::Status status = read.status();
  if (status.ok()) status = CheckSameRule(*read, asks_clients_);
  std::shared_ptr<const TlsFiles> latest;
  {
    MutexLock lock(&mu_);
    // Another connection was faster; it has told it, too.
    if (revision == revision_) return files_;
    revision_ = std::move(revision);
    if (status.ok())
      files_ = std::make_shared<const TlsFiles>(*std::move(read));
    latest = files_;
  }
  if (status.ok()) {
    Tell("TLS files were replaced", *latest);
  } else {
    LogWarning("the new TLS files cannot be used; the earlier ones stay",
               {{"folder", folder_}, {"reason", status.message()}});
  }
  return latest;
}

}  // namespace sconce
