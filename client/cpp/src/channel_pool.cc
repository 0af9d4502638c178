#include "client/cpp/src/channel_pool.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sconce {
inline namespace client {
namespace {

// A server that restarts should be found again soon.
constexpr int kFirstReconnectMs = 200;
constexpr int kLastReconnectMs = 5000;

// gRPC looks a name up again when a connection ends, but no sooner than this
// after the last time. Its own 30 s would miss the replicas of a rolling
// update.
constexpr int kLookUpMs = 5000;

std::shared_ptr<grpc::ChannelCredentials> CredentialsOf(
    const ClientOptions& options) {
  if (!options.tls) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions ssl;
  ssl.pem_root_certs = options.tls->root_certificates;
  ssl.pem_cert_chain = options.tls->client_certificate;
  ssl.pem_private_key = options.tls->client_key;
  return grpc::SslCredentials(ssl);
}

absl::Status Wrong(const ClientOptions& options, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("client of \"", options.address, "\": ", what));
}

absl::Status CheckPem(const ClientOptions& options, const std::string& text,
                      absl::string_view name) {
  if (text.empty() || absl::StrContains(text, "-----BEGIN ")) {
    return absl::OkStatus();
  }
  return Wrong(options, absl::StrCat("TlsOptions::", name,
                                     " is no PEM text; ReadTlsFiles() reads "
                                     "it from a file"));
}

absl::Status CheckTls(const ClientOptions& options, const TlsOptions& tls) {
  for (const auto& [text, name] :
       {std::pair(&tls.root_certificates, "root_certificates"),
        std::pair(&tls.client_certificate, "client_certificate"),
        std::pair(&tls.client_key, "client_key")}) {
    const absl::Status pem = CheckPem(options, *text, name);
    if (!pem.ok()) return pem;
  }
  if (tls.client_certificate.empty() == tls.client_key.empty()) {
    return absl::OkStatus();
  }
  return Wrong(options,
               "mutual TLS needs both client_certificate and client_key");
}

std::unique_ptr<grpc::GenericStub> MakeStub(const ClientOptions& options,
                                            const char* policy) {
  return std::make_unique<grpc::GenericStub>(MakeChannel(options, policy));
}

}  // namespace

std::shared_ptr<grpc::Channel> MakeChannel(const ClientOptions& options,
                                           const char* policy,
                                           Interceptors interceptors) {
  grpc::ChannelArguments arguments;
  // Without it, channels with equal arguments share one connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // gRPC's own retries would repeat steps of sequences.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kLastReconnectMs);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, kLookUpMs);
  const auto keepalive = static_cast<int>(std::clamp<int64_t>(
      absl::ToInt64Milliseconds(options.keepalive), 1000, 24 * 3600 * 1000));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, keepalive);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, keepalive);
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetLoadBalancingPolicyName(policy);
  if (options.tls && !options.tls->server_name.empty()) {
    arguments.SetSslTargetNameOverride(options.tls->server_name);
  }
  return grpc::experimental::CreateCustomChannelWithInterceptors(
      options.address, CredentialsOf(options), arguments,
      std::move(interceptors));
}

absl::Status ChannelPool::Check(const ClientOptions& options) {
  if (options.address.empty()) {
    return Wrong(options, "no address; expected \"host:port\"");
  }
  if (absl::StartsWith(options.address, "http://") ||
      absl::StartsWith(options.address, "https://")) {
    return Wrong(options,
                 "gRPC takes no URL; write host:port, and set "
                 "ClientOptions::tls for https");
  }
  if (options.connections < 1) {
    return Wrong(options, absl::StrCat("connections is ", options.connections,
                                       ", expected 1 or more"));
  }
  if (options.token && !options.tls && !options.token_without_tls) {
    return Wrong(options,
                 "a token would travel unencrypted; set ClientOptions::tls, or "
                 "token_without_tls where something else encrypts");
  }
  return options.tls ? CheckTls(options, *options.tls) : absl::OkStatus();
}

ChannelPool::ChannelPool(const ClientOptions& options)
    : sticky_(MakeStub(options, "pick_first")) {
  for (int i = 0; i < options.connections; ++i) {
    stubs_.push_back(MakeStub(options, "round_robin"));
  }
}

grpc::GenericStub* ChannelPool::Next() {
  return stubs_[next_.fetch_add(1, std::memory_order_relaxed) % stubs_.size()]
      .get();
}

}  // namespace client
}  // namespace sconce
