#include "sconce/client_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "sconce/client.h"
#include "tests/support/test_certificates.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;

std::string RefusalOf(ClientOptions options) {
  const auto client = Client::Create(std::move(options));
  EXPECT_EQ(client.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(client.status().message());
}

TEST(ClientOptionsTest, AddressHasToBeOne) {
  EXPECT_THAT(RefusalOf({.address = ""}), HasSubstr("no address"));
  EXPECT_THAT(RefusalOf({.address = "http://host:8001"}),
              HasSubstr("takes no URL"));
}

TEST(ClientOptionsTest, WantsAConnection) {
  EXPECT_THAT(RefusalOf({.connections = 0}), HasSubstr("expected 1 or more"));
}

TEST(ClientOptionsTest, ATokenNeedsEncryption) {
  ClientOptions options;
  options.token = [] { return "secret"; };
  EXPECT_THAT(RefusalOf(options), HasSubstr("unencrypted"));
  options.token_without_tls = true;
  EXPECT_TRUE(Client::Create(options).ok());
}

TEST(ClientOptionsTest, CertificatesArePem) {
  EXPECT_THAT(RefusalOf({.tls = TlsOptions{"ca.pem"}}),
              HasSubstr("root_certificates is no PEM text"));
}

TEST(ClientOptionsTest, MutualTlsNeedsCertificateAndKey) {
  TlsOptions tls;
  tls.client_certificate = kTestClientCertificate;
  EXPECT_THAT(RefusalOf({.tls = tls}), HasSubstr("both"));
}

TEST(ClientOptionsTest, ReadsPemFiles) {
  const std::string path = testing::TempDir() + "/sconce-test-ca.pem";
  std::ofstream(path) << kTestAuthority;
  const auto tls = ReadTlsFiles(path);
  EXPECT_EQ(tls->root_certificates, kTestAuthority);
  EXPECT_EQ(tls->client_key, "");
  std::remove(path.c_str());
  const auto missing = ReadTlsFiles(path);
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(missing.status().message(), HasSubstr(path));
}

}  // namespace
}  // namespace sconce
