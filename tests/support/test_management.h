// TestManagement: the real management server over models, a control and states
// that a test decides.
#ifndef TESTS_SUPPORT_TEST_MANAGEMENT_H_
#define TESTS_SUPPORT_TEST_MANAGEMENT_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "management/v1/management.grpc.pb.h"
#include "server/core/manager.h"
#include "server/core/state_monitor.h"
#include "server/rpc/management_server.h"
#include "tests/support/fake_model_control.h"
#include "tests/support/fake_servable.h"

namespace sconce {

// Its one model "net" has version 1; the monitor hears only of what the test
// publishes.
class TestManagement {
 public:
  using Stub = management::v1::Management::Stub;

  explicit TestManagement(int64_t start = 1,
                          size_t capacity = StateMonitor::kDefaultCapacity)
      : monitor_(capacity), manager_(MakeManagerOptions()) {
    manager_.Add({.id = {"net", 1}}).IgnoreError();
    ServerFacts facts;
    facts.name = "test";
    facts.start_time = absl::FromUnixSeconds(start);
    server_ = *ManagementServer::Start(
        {.port = 0}, {facts, &manager_, &control_, &monitor_});
    server_->Accept();
    stub_ = NewStub();
    while (!manager_.IsSettled()) std::this_thread::yield();
  }

  // Of a connection of its own.
  std::unique_ptr<Stub> NewStub() const {
    return management::v1::Management::NewStub(channel());
  }
  std::shared_ptr<grpc::Channel> channel() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(
        absl::StrCat("127.0.0.1:", server_->port()),
        grpc::InsecureChannelCredentials(), arguments);
  }

  FakeModelControl* control() { return &control_; }
  StateMonitor* monitor() { return &monitor_; }
  ManagementServer* server() { return server_.get(); }
  Stub* stub() { return stub_.get(); }

  // Calls a method of the stub and returns its status.
  template <typename Request, typename Response>
  grpc::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                 const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    return (stub()->*method)(&context, request, response);
  }

  void Publish(const std::string& model, int64_t version, ServableState state) {
    monitor_.Publish({{model, version}, state, absl::OkStatus()});
  }

 private:
  Manager::Options MakeManagerOptions() {
    Manager::Options options;
    options.loader_factory = [this](const ServableSpec& spec) {
      return std::make_unique<FakeLoader>([this, spec] {
        std::unique_ptr<Servable> made = std::make_unique<FakeServable>(
            spec.id, ModelSignature(),
            metrics_.ForServable(spec.id.model, spec.id.version),
            [](InferTask*) {});
        return absl::StatusOr<std::unique_ptr<Servable>>(std::move(made));
      });
    };
    return options;
  }

  FakeModelControl control_;
  StateMonitor monitor_;
  ServerMetrics metrics_;
  Manager manager_;
  std::unique_ptr<ManagementServer> server_;
  std::unique_ptr<Stub> stub_;
};

}  // namespace sconce

#endif  // TESTS_SUPPORT_TEST_MANAGEMENT_H_
