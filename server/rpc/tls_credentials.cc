#include "server/rpc/tls_credentials.h"

#include <grpc/grpc.h>

#include <utility>

namespace sconce {
namespace {

// gRPC 1.51 ends the process when there are no authorities, though their
// interface says that there may be none. Where no client is asked, any will do.
grpc_ssl_server_certificate_config* ConfigOf(const TlsFiles& files) {
  const grpc_ssl_pem_key_cert_pair pair = {files.key.c_str(),
                                           files.certificate.c_str()};
  const std::string& authorities =
      files.authorities.empty() ? files.certificate : files.authorities;
  return grpc_ssl_server_certificate_config_create(authorities.c_str(), &pair,
                                                   /*num_key_cert_pairs=*/1);
}

}  // namespace

TlsCredentials::TlsCredentials(TlsIdentity* identity) : identity_(identity) {
  credentials_ = grpc_ssl_server_credentials_create_with_options(
      grpc_ssl_server_credentials_create_options_using_config_fetcher(
          identity->asks_clients()
              ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
              : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
          &TlsCredentials::Fetch, this));
}

TlsCredentials::~TlsCredentials() {
  grpc_server_credentials_release(credentials_);
}

int TlsCredentials::AddPortToServer(const std::string& address,
                                    grpc_server* server) {
  return grpc_server_add_http2_port(server, address.c_str(), credentials_);
}

grpc_ssl_certificate_config_reload_status TlsCredentials::Fetch(
    void* self, grpc_ssl_server_certificate_config** config) {
  auto* const credentials = static_cast<TlsCredentials*>(self);
  std::shared_ptr<const TlsFiles> latest = credentials->identity_->Latest();
  MutexLock lock(&credentials->mu_);
  if (latest == credentials->told_) {
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
  }
  *config = ConfigOf(*latest);
  credentials->told_ = std::move(latest);
  return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
}

}  // namespace sconce
