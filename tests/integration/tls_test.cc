// The front end over TLS.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"

#include "tests/support/test_certificates.h"
#include "tests/support/test_front_end.h"
#include "tests/unit/sources/temp_repository.h"

namespace sconce {
namespace {

// What a client shows of itself.
struct Client {
  std::string certificate;
  std::string key;
};

class TlsTest : public testing::Test {
 protected:
  void Put(const std::string& file, const std::string& text) {
    folder_.AddFile(".new", text);
    std::filesystem::rename(folder_.path(".new"), folder_.path(file));
  }
  void Start(bool asks_clients = false) {
    Put("tls.crt", kTestServerCertificate);
    Put("tls.key", kTestServerKey);
    if (asks_clients) Put("ca.crt", kTestAuthority);
    identity_ = *TlsIdentity::Load(folder_.path());
    GrpcServer::Options options;
    options.tls = identity_.get();
    server_ = std::make_unique<TestFrontEnd>(options);
  }

  // A connection of its own each time.
  std::shared_ptr<grpc::Channel> Channel(
      const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    grpc::ChannelArguments arguments;
    arguments.SetInt("grpc.use_local_subchannel_pool", 1);
    return grpc::CreateCustomChannel(server_->address(), credentials,
                                     arguments);
  }
  std::shared_ptr<grpc::Channel> Trusting(const Client& client = {}) {
    return Channel(
        grpc::SslCredentials({kTestAuthority, client.key, client.certificate}));
  }

  // The server's common name as the client of a call sees it; empty: the call
  // fails.
  static std::string Ask(const std::shared_ptr<grpc::Channel>& channel) {
    auto stub = inference::GRPCInferenceService::NewStub(channel);
    grpc::ClientContext context;
    inference::ModelInferResponse response;
    const grpc::Status status = stub->ModelInfer(
        &context, TestFrontEnd::Request("echo", "abc"), &response);
    if (!status.ok()) {
      EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE)
          << status.error_message();
      return "";
    }
    EXPECT_EQ(response.raw_output_contents(0), "abc");
    const auto names =
        context.auth_context()->FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME);
    return names.empty() ? "nobody"
                         : std::string(names[0].data(), names[0].size());
  }

  TempRepository folder_;
  std::unique_ptr<TlsIdentity> identity_;
  std::unique_ptr<TestFrontEnd> server_;
};

constexpr char kServer[] = "Sconce test server";
constexpr char kOther[] = "Sconce test client";

TEST_F(TlsTest, AClientThatTrustsTheServerIsServed) {
  Start();
  EXPECT_EQ(Ask(Trusting()), kServer);
}

TEST_F(TlsTest, APlainClientIsRefusedWithoutHarm) {
  Start();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Ask(Channel(grpc::InsecureChannelCredentials())), "");
  }
  EXPECT_EQ(Ask(Trusting()), kServer);
}

TEST_F(TlsTest, AClientThatTrustsSomebodyElseGoesAway) {
  Start();
  EXPECT_EQ(
      Ask(Channel(grpc::SslCredentials({kTestClientCertificate, "", ""}))), "");
  EXPECT_EQ(Ask(Trusting()), kServer);
}

TEST_F(TlsTest, WithAuthoritiesClientsNeedACertificate) {
  Start(/*asks_clients=*/true);
  EXPECT_EQ(Ask(Trusting()), "");
  EXPECT_EQ(Ask(Trusting({kTestClientCertificate, kTestClientKey})), kServer);
}

TEST_F(TlsTest, NewConnectionsSeeNewFilesAndOldOnesGoOn) {
  Start();
  const auto old = Trusting();
  EXPECT_EQ(Ask(old), kServer);
  Put("tls.crt", kTestClientCertificate);
  Put("tls.key", kTestClientKey);
  EXPECT_EQ(Ask(Trusting()), kOther);
  EXPECT_EQ(Ask(old), kServer);
}

TEST_F(TlsTest, UnfitNewFilesChangeNothing) {
  Start();
  Put("tls.key", "nonsense");
  EXPECT_EQ(Ask(Trusting()), kServer);
}

}  // namespace
}  // namespace sconce
