// TlsCredentials: a TlsIdentity as gRPC takes it.
#ifndef SERVER_RPC_TLS_CREDENTIALS_H_
#define SERVER_RPC_TLS_CREDENTIALS_H_

#include <grpc/grpc_security.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "server/base/mutex.h"
#include "server/rpc/tls_identity.h"

namespace sconce {

// For one port. gRPC asks it for the files at each new connection; its C++
// interface offers this only with a thread that reads them by period, and
// without a look at what it read (doc/adr/0026).
class TlsCredentials : public grpc::ServerCredentials {
 public:
  // `identity`, borrowed, outlives the server that has these.
  explicit TlsCredentials(TlsIdentity* identity);
  ~TlsCredentials() override;
  TlsCredentials(const TlsCredentials&) = delete;
  TlsCredentials& operator=(const TlsCredentials&) = delete;

  // Nothing here looks at the calls' metadata.
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config);

  int AddPortToServer(const std::string& address, grpc_server* server) override;

  TlsIdentity* const identity_;
  grpc_server_credentials* credentials_;  // constant after construction

  Mutex mu_;
  std::shared_ptr<const TlsFiles> told_ ABSL_GUARDED_BY(mu_);  // to gRPC
};

}  // namespace sconce

#endif  // SERVER_RPC_TLS_CREDENTIALS_H_
