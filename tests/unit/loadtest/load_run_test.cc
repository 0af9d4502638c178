#include "client/loadtest/sending/load_run.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "client/loadtest/arrivals/load_shape.h"
#include "client/loadtest/sending/connection.h"
#include "inference/grpc_service.grpc.pb.h"

namespace sconce::load {
namespace {

using inference::GRPCInferenceService;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

// On a free port of this machine.
template <typename Service>
class Server {
 public:
  Server() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(&service);
    // Only an asynchronous service has work for it.
    queue_ = builder.AddCompletionQueue();
    server_ = builder.BuildAndStart();
  }

  ~Server() { Stop(); }

  void Stop() {
    server_->Shutdown(std::chrono::system_clock::now());
    queue_->Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_->Next(&tag, &ok)) {
    }
  }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  Service service;

 private:
  int port_ = 0;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
};

// Answers at once, and remembers what it saw.
class Answering : public GRPCInferenceService::Service {
 public:
  grpc::Status ModelInfer(grpc::ServerContext* context,
                          const inference::ModelInferRequest* request,
                          inference::ModelInferResponse* response) override {
    const int now = ++under_way;
    if (now > most_under_way) most_under_way = now;
    if (context->client_metadata().count("authorization") > 0) ++with_token;
    response->set_model_name(request->model_name());
    (*response->mutable_parameters())["queue_ns"].set_int64_param(7);
    (*response->mutable_parameters())["compute_infer_ns"].set_int64_param(9);
    --under_way;
    return answer;
  }

  grpc::Status answer = grpc::Status::OK;
  std::atomic<int> under_way = 0;
  std::atomic<int> most_under_way = 0;  // roughly
  std::atomic<int> with_token = 0;
};

// Takes requests and never answers: nobody asks the queue for one.
using Silent = GRPCInferenceService::AsyncService;

class Refusing final : public AnswerCheck {
 public:
  std::optional<std::string> FaultOf(
      const grpc::ByteBuffer& answer) const override {
    return absl::StrCat("all ", answer.Length() > 0 ? "is" : "empty", " wrong");
  }
};

Mix OneModel() {
  inference::ModelInferRequest request;
  request.set_model_name("net");
  const grpc::Slice bytes(request.SerializeAsString());
  Mix mix(1);
  mix[0].name = "net";
  mix[0].payloads.push_back({.name = "p", .message = {&bytes, 1}});
  return mix;
}

// A constant 100/s for 300 ms without a warm-up: 30 requests.
class LoadRunTest : public testing::Test {
 protected:
  LoadRunTest() {
    plan_.setup.mode = "open";
    plan_.setup.entries = {"net"};
    plan_.warmup = milliseconds(0);
    plan_.window = milliseconds(300);
    plan_.check_every = 1;
  }

  void Connect(const std::string& address) {
    // A server that does not answer questions is there all the same.
    channels_ =
        std::make_unique<ChannelPool>(ClientOptions{.address = address});
  }

  RunResult Run(std::stop_token stop = {}) {
    const LoadParts parts = {&plan_, &mix_, channels_.get(), &live_};
    std::unique_ptr<ArrivalProcess> arrivals;
    if (plan_.setup.mode == "open") {
      arrivals = MakeArrivals({ConstantRate{100}, Spacing::kConstant},
                              plan_.warmup, plan_.window, 1);
    }
    return RunLoad(parts, arrivals.get(), {}, stop);
  }

  LoadPlan plan_;
  Mix mix_ = OneModel();
  LiveFigures live_;
  std::unique_ptr<ChannelPool> channels_;
};

TEST_F(LoadRunTest, EachRequestOfTheWindowIsCountedOnce) {
  Server<Answering> server;
  Connect(server.address());
  plan_.warmup = milliseconds(100);
  const RunResult result = Run();
  EXPECT_THAT(result.record.total.codes, ElementsAre(Pair("OK", 30)));
  EXPECT_EQ(result.record.total.latency.count(), 30);
  EXPECT_EQ(result.record.send_lag.count(), 30);
  EXPECT_DOUBLE_EQ(result.window_seconds, 0.3);
  EXPECT_FALSE(result.interrupted);
  EXPECT_GE(live_.due, 40) << "the warm-up and the tail are sent too";
}

TEST_F(LoadRunTest, ServerTimesOfEachAnswerAreRead) {
  Server<Answering> server;
  Connect(server.address());
  EXPECT_EQ(Run().record.server_queue.count(), 30);
}

TEST_F(LoadRunTest, WrongAnswersAreCounted) {
  Server<Answering> server;
  Connect(server.address());
  mix_[0].payloads[0].check = std::make_shared<Refusing>();
  plan_.check_every = 10;
  const Record record = Run().record;
  EXPECT_EQ(record.total.checked, 3);
  EXPECT_EQ(record.total.wrong, 3);
  EXPECT_EQ(record.total.good, 27);
  EXPECT_THAT(record.faults, testing::Contains("all is wrong"));
}

TEST_F(LoadRunTest, OtherCodesAreResults) {
  Server<Answering> server;
  server.service.answer = {grpc::StatusCode::RESOURCE_EXHAUSTED, "full"};
  Connect(server.address());
  const Record record = Run().record;
  EXPECT_THAT(record.total.codes, ElementsAre(Pair("RESOURCE_EXHAUSTED", 30)));
  EXPECT_EQ(record.rejection.count(), 30);
}

TEST_F(LoadRunTest, ALostServerIsAResult) {
  Server<Answering> server;
  Connect(server.address());
  server.Stop();
  EXPECT_THAT(Run().record.total.codes, ElementsAre(Pair("UNAVAILABLE", 30)));
}

TEST_F(LoadRunTest, DeadlinesCountFromTheDueTimeAndEndTheRun) {
  Server<Silent> server;
  Connect(server.address());
  plan_.timeout = milliseconds(200);
  EXPECT_THAT(Run().record.total.codes,
              ElementsAre(Pair("DEADLINE_EXCEEDED", 30)));
}

TEST_F(LoadRunTest, WhatIsDueBeyondTheMostOutstandingIsNotSent) {
  Server<Silent> server;
  Connect(server.address());
  plan_.timeout = seconds(1);  // none ends within the window
  plan_.max_outstanding = 5;
  const RunResult result = Run();
  EXPECT_THAT(result.record.total.codes,
              ElementsAre(Pair("DEADLINE_EXCEEDED", 5)));
  EXPECT_EQ(result.record.total.unsent, 25);
  EXPECT_FALSE(VoidReasons(result).empty());
}

TEST_F(LoadRunTest, AStopEndsRequestsThatAreUnderWay) {
  Server<Silent> server;
  Connect(server.address());
  plan_.window = seconds(3600);
  std::stop_source stop;
  std::thread user([&] {
    while (live_.due < 3) std::this_thread::yield();
    stop.request_stop();
  });
  const RunResult result = Run(stop.get_token());
  user.join();
  EXPECT_TRUE(result.interrupted);
  EXPECT_LT(result.window_seconds, 3600);
  EXPECT_GE(result.record.total.codes.at("CANCELLED"), 3);
}

TEST_F(LoadRunTest, AClosedLoopKeepsItsNumberUnderWay) {
  Server<Answering> server;
  Connect(server.address());
  plan_.setup.mode = "closed";
  plan_.setup.outstanding = 3;
  const RunResult result = Run();
  EXPECT_GE(result.record.total.codes.at("OK"), 3);
  EXPECT_LE(server.service.most_under_way, 3);
}

TEST_F(LoadRunTest, AClosedLoopGoesOnWithoutAServer) {
  Server<Answering> server;
  Connect(server.address());
  server.Stop();
  plan_.setup.mode = "closed";
  plan_.setup.outstanding = 2;
  const RunResult result = Run();
  // Each of the two pauses for 10 ms after each failure.
  EXPECT_GE(result.record.total.codes.at("UNAVAILABLE"), 2);
  EXPECT_LE(result.record.total.codes.at("UNAVAILABLE"), 2 * 31);
}

TEST_F(LoadRunTest, TheTokenGoesWithEachRequest) {
  Server<Answering> server;
  Connect(server.address());
  plan_.token = "secret";
  Run();
  EXPECT_EQ(server.service.with_token, live_.due);
}

TEST(ConnectionTest, AnyAnswerWillDo) {
  Server<Answering> server;  // has no metadata: UNIMPLEMENTED
  EXPECT_TRUE(Connect({.address = server.address(), .connections = 3}).ok());
}

TEST(ConnectionTest, NothingThereIsUnavailable) {
  std::string address;
  {
    Server<Answering> server;
    address = server.address();
  }
  const auto pool = Connect({.address = address});
  EXPECT_EQ(pool.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(pool.status().message()), HasSubstr(address));
  EXPECT_THAT(std::string(pool.status().message()),
              HasSubstr("check that the server runs there"));
}

TEST(ConnectionTest, QuestionsCarryTheToken) {
  Server<Answering> server;
  ClientOptions options{.address = server.address()};
  options.token = [] { return "secret"; };
  const auto stub = GRPCInferenceService::NewStub(QuestionChannel(options));
  grpc::ClientContext context;
  inference::ModelInferResponse response;
  EXPECT_TRUE(stub->ModelInfer(&context, {}, &response).ok());
  EXPECT_EQ(server.service.with_token, 1);
}

}  // namespace
}  // namespace sconce::load
