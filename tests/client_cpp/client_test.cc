#include "sconce/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "client/cpp/src/mutex.h"
#include "tests/support/fake_inference_server.h"
#include "tests/support/test_certificates.h"

namespace sconce {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Request = FakeInferenceServer::Request;
using Response = FakeInferenceServer::Response;

// A port of loopback where nothing listens.
constexpr char kNobody[] = "127.0.0.1:1";

ClientOptions OptionsFor(const std::string& address) {
  ClientOptions options;
  options.address = address;
  options.retry.initial_backoff = absl::Milliseconds(1);
  return options;
}

Client ClientOf(const FakeInferenceServer& server) {
  return *Client::Create(OptionsFor(server.address()));
}

InferRequest SmallRequest() {
  static const std::vector<float> x = {1, 2, 3};
  InferRequest request("net");
  request.AddInput("x", TensorView::Of(x, {3}));
  return request;
}

// Fails the first calls, then echoes.
FakeInferenceServer::OnInfer FailFirst(int failures, grpc::Status status,
                                       std::string pushback = "") {
  auto left = std::make_shared<std::atomic<int>>(failures);
  return [=](grpc::ServerContext* context, const Request& request,
             Response* response) {
    if (left->fetch_sub(1) <= 0) {
      FakeInferenceServer::Echo(request, response);
      return grpc::Status::OK;
    }
    if (!pushback.empty()) {
      context->AddTrailingMetadata("grpc-retry-pushback-ms", pushback);
    }
    return status;
  };
}

const grpc::Status& Unavailable() {
  static const grpc::Status status(grpc::StatusCode::UNAVAILABLE, "not now");
  return status;
}

const grpc::Status& Exhausted() {
  static const grpc::Status status(grpc::StatusCode::RESOURCE_EXHAUSTED,
                                   "full");
  return status;
}

// Answers nothing before its end, and says when it was asked.
class HeldServer {
 public:
  HeldServer() : server_(Handler()) {}
  ~HeldServer() { ending_.Notify(); }

  void WaitForCall() { asked_.Wait(); }
  const FakeInferenceServer& server() const { return server_; }

 private:
  FakeInferenceServer::OnInfer Handler() {
    return [this](grpc::ServerContext*, const Request&, Response*) {
      asked_.Notify();
      ending_.Wait();
      return grpc::Status::OK;
    };
  }

  Notification asked_;
  Notification ending_;
  FakeInferenceServer server_;  // last: its end waits for the handlers
};

TEST(ClientTest, AnswersAreThoseOfTheServer) {
  FakeInferenceServer server;
  Client client = ClientOf(server);
  const auto result = client.Infer(SmallRequest().SetId("7"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->id(), "7");
  EXPECT_THAT(*result->Output("y")->Values<float>(), ElementsAre(1, 2, 3));
}

TEST(ClientTest, CallbacksGetTheAnswer) {
  FakeInferenceServer server;
  Client client = ClientOf(server);
  Notification done;
  std::string model;
  client.InferAsync(SmallRequest(), {}, [&](absl::StatusOr<InferResult> got) {
    model = got->model_name();
    done.Notify();
  });
  done.Wait();
  EXPECT_EQ(model, "net");
}

TEST(ClientTest, ManyThreadsCanUseOne) {
  FakeInferenceServer server;
  Client client = ClientOf(server);
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::vector<int32_t> x(2000, t * 1000 + i);
        InferRequest request("net");
        request.AddInput("x", TensorView::Of(x, {2000}));
        const auto result = client.Infer(request);
        if (result.ok() && result->Output("y")->Values<int32_t>().value() ==
                               absl::MakeConstSpan(x)) {
          ++good;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 200);
}

TEST(ClientTest, LargeTensorsComeBackWhole) {
  FakeInferenceServer server;
  Client client = ClientOf(server);
  std::vector<float> x(2'000'000);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  InferRequest request("net");
  request.AddInput("x", TensorView::Of(x, {2'000'000}));
  const auto result = client.Infer(request);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(*result->Output("y")->Values<float>(), absl::MakeConstSpan(x));
}

TEST(ClientTest, TellsOfServerAndModels) {
  FakeInferenceServer server;
  Client client = ClientOf(server);
  EXPECT_TRUE(client.IsServerLive().value());
  EXPECT_TRUE(client.IsModelReady("net").value());
  EXPECT_FALSE(client.IsModelReady("other").value());
  EXPECT_EQ(client.GetServerMetadata().status().code(),
            absl::StatusCode::kUnimplemented);
}

TEST(ClientTest, NobodyThereIsUnavailable) {
  Client client = *Client::Create(OptionsFor(kNobody));
  const auto result = client.Infer(SmallRequest());
  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(result.status().message(),
              testing::AllOf(HasSubstr("127.0.0.1:1, model \"net\""),
                             HasSubstr("4 attempts"),
                             HasSubstr("check that the server runs there")));
}

TEST(ClientTest, WrongRequestsAreNotSent) {
  FakeInferenceServer server;
  Client client = ClientOf(server);
  const std::vector<float> x(3);
  InferRequest request("net");
  request.AddInput("x", TensorView::Of(x, {4}));
  EXPECT_EQ(client.Infer(request).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(server.calls(), 0);
}

TEST(ClientTest, UnavailableIsTriedAgain) {
  FakeInferenceServer server(FailFirst(2, Unavailable()));
  EXPECT_TRUE(ClientOf(server).Infer(SmallRequest()).ok());
  EXPECT_EQ(server.calls(), 3);
}

TEST(ClientTest, GivesUpAfterTheLastAttempt) {
  FakeInferenceServer server(FailFirst(100, Unavailable()));
  const auto result = ClientOf(server).Infer(SmallRequest());
  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(server.calls(), 4);
}

TEST(ClientTest, StepsOfASequenceAreSentOnce) {
  FakeInferenceServer server(FailFirst(2, Unavailable()));
  const auto result =
      ClientOf(server).Infer(SmallRequest().SetSequence(5, true, false));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(server.calls(), 1);
}

TEST(ClientTest, AFullServerIsLeftAlone) {
  FakeInferenceServer server(FailFirst(1, Exhausted()));
  const auto result = ClientOf(server).Infer(SmallRequest());
  EXPECT_EQ(result.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(server.calls(), 1);
}

TEST(ClientTest, AFullServerIsAskedAgainWhenItSaysSo) {
  FakeInferenceServer server(FailFirst(1, Exhausted(), "1"));
  EXPECT_TRUE(ClientOf(server).Infer(SmallRequest()).ok());
  EXPECT_EQ(server.calls(), 2);
}

TEST(ClientTest, WaitsForNothingThatIsPastTheDeadline) {
  FakeInferenceServer server(FailFirst(1, Exhausted(), "3600000"));
  CallOptions options;
  options.timeout = absl::Minutes(1);
  const auto result = ClientOf(server).Infer(SmallRequest(), options);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(server.calls(), 1);
}

TEST(ClientTest, TimeoutsEndACall) {
  HeldServer held;
  Client client = ClientOf(held.server());
  CallOptions options;
  options.timeout = absl::Milliseconds(50);
  const std::vector<float> large(1'000'000);
  InferRequest request("net");
  request.AddInput("x", TensorView::Of(large, {1'000'000}));
  const auto result = client.Infer(request, options);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(result.status().message(), HasSubstr("CallOptions::timeout"));
}

TEST(ClientTest, AnotherThreadCanCancelACall) {
  HeldServer held;
  Client client = ClientOf(held.server());
  CallOptions options;
  options.cancellation.emplace();
  std::thread canceller([&] {
    held.WaitForCall();
    options.cancellation->Cancel();
  });
  const auto result = client.Infer(SmallRequest(), options);
  canceller.join();
  EXPECT_EQ(result.status().code(), absl::StatusCode::kCancelled);
}

TEST(ClientTest, ACancelledCallIsNotSent) {
  FakeInferenceServer server;
  Client client = ClientOf(server);
  CallOptions options;
  options.cancellation.emplace().Cancel();
  EXPECT_EQ(client.Infer(SmallRequest(), options).status().code(),
            absl::StatusCode::kCancelled);
  EXPECT_EQ(server.calls(), 0);
}

TEST(ClientTest, CancellingEndsThePauseBetweenAttempts) {
  Notification refused;
  FakeInferenceServer server(
      [&](grpc::ServerContext* context, const Request&, Response*) {
        context->AddTrailingMetadata("grpc-retry-pushback-ms", "3600000");
        refused.Notify();
        return Exhausted();
      });
  ClientOptions options = OptionsFor(server.address());
  options.default_timeout = absl::InfiniteDuration();
  Client client = *Client::Create(options);
  CallOptions call;
  call.cancellation.emplace();
  std::thread canceller([&] {
    refused.Wait();
    call.cancellation->Cancel();
  });
  // The refusal may come after the cancellation; it is one or the other.
  const auto status = client.Infer(SmallRequest(), call).status();
  canceller.join();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
}

TEST(ClientTest, TheDestructorCancelsAndWaits) {
  HeldServer held;
  absl::Status status;
  {
    Client client = ClientOf(held.server());
    client.InferAsync(
        SmallRequest(), {},
        [&](absl::StatusOr<InferResult> result) { status = result.status(); });
    held.WaitForCall();
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
}

TEST(ClientTest, ACallbackMayStartCallsButNotWait) {
  FakeInferenceServer server;
  Client client = ClientOf(server);
  Notification done;
  absl::Status waited;
  absl::Status started;
  client.InferAsync(SmallRequest(), {}, [&](absl::StatusOr<InferResult>) {
    waited = client.Infer(SmallRequest()).status();
    client.InferAsync(SmallRequest(), {}, [&](absl::StatusOr<InferResult> got) {
      started = got.status();
      done.Notify();
    });
  });
  done.Wait();
  EXPECT_EQ(waited.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(started.ok());
}

TEST(ClientTest, AddressesTakeTurns) {
  FakeInferenceServer one;
  FakeInferenceServer two;
  ClientOptions options =
      OptionsFor(absl::StrCat("ipv4:", one.address(), ",", two.address()));
  options.connections = 2;
  Client client = *Client::Create(options);
  CallOptions call;
  call.wait_for_ready = true;
  // round_robin goes on with what is connected; the rest follows.
  while (one.calls() < 10 || two.calls() < 10) {
    ASSERT_TRUE(client.Infer(SmallRequest(), call).ok());
  }
}

TEST(ClientTest, StepsOfASequenceStayWithOneServer) {
  FakeInferenceServer one;
  FakeInferenceServer two;
  Client client = *Client::Create(
      OptionsFor(absl::StrCat("ipv4:", one.address(), ",", two.address())));
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(
        client.Infer(SmallRequest().SetSequence(5, i == 0, false)).ok());
  }
  EXPECT_EQ(one.calls() * two.calls(), 0);
}

TEST(ClientTest, AServerThatIsGoneIsLeftOut) {
  FakeInferenceServer server;
  Client client = *Client::Create(
      OptionsFor(absl::StrCat("ipv4:", server.address(), ",", kNobody)));
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(client.Infer(SmallRequest()).ok());
  }
}

TEST(ClientTest, SendsTokenAndHeaders) {
  FakeInferenceServer server(
      [](grpc::ServerContext* context, const Request&, Response* response) {
        const auto& headers = context->client_metadata();
        for (const char* name : {"authorization", "x-team"}) {
          const grpc::string_ref value = headers.find(name)->second;
          response->mutable_id()->append(value.data(), value.size());
          response->mutable_id()->append("+");
        }
        return grpc::Status::OK;
      });
  ClientOptions options = OptionsFor(server.address());
  options.token = [] { return "secret"; };
  options.token_without_tls = true;
  CallOptions call;
  call.headers = {{"x-team", "vision"}};
  const auto result = Client::Create(options)->Infer(SmallRequest(), call);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->id(), "Bearer secret+vision+");
}

TEST(ClientTest, WithoutATokenNothingIsSent) {
  FakeInferenceServer server;
  ClientOptions options = OptionsFor(server.address());
  options.token = [] { return absl::UnauthenticatedError("expired"); };
  options.token_without_tls = true;
  const auto status = Client::Create(options)->Infer(SmallRequest()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(status.message(), HasSubstr("expired"));
  EXPECT_EQ(server.calls(), 0);
}

std::shared_ptr<grpc::ServerCredentials> MutualTls() {
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = kTestAuthority;
  options.pem_key_cert_pairs = {{kTestServerKey, kTestServerCertificate}};
  return grpc::SslServerCredentials(options);
}

TlsOptions ClientTls() {
  TlsOptions tls;
  tls.root_certificates = kTestAuthority;
  tls.client_certificate = kTestClientCertificate;
  tls.client_key = kTestClientKey;
  return tls;
}

TEST(ClientTest, SpeaksMutualTls) {
  FakeInferenceServer server({}, {}, MutualTls());
  ClientOptions options = OptionsFor(server.address());
  options.tls = ClientTls();
  const auto result = Client::Create(options)->Infer(SmallRequest());
  EXPECT_TRUE(result.ok()) << result.status();
}

TEST(ClientTest, ChecksTheServersName) {
  FakeInferenceServer server({}, {}, MutualTls());
  ClientOptions options = OptionsFor(server.address());
  options.tls = ClientTls();
  options.tls->server_name = "sconce.test";
  EXPECT_TRUE(Client::Create(options)->Infer(SmallRequest()).ok());
  options.tls->server_name = "other.test";
  const auto refused = Client::Create(options)->Infer(SmallRequest()).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(server.calls(), 1);
}

TEST(ClientTest, ATlsServerWithoutTlsIsExplained) {
  FakeInferenceServer server({}, {}, MutualTls());
  const auto status = ClientOf(server).Infer(SmallRequest()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("TLS"));
}

}  // namespace
}  // namespace sconce
