// TestFrontEnd: the real gRPC front end over models that a test controls.
#ifndef TESTS_SUPPORT_TEST_FRONT_END_H_
#define TESTS_SUPPORT_TEST_FRONT_END_H_

#include <grpcpp/grpcpp.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "inference/grpc_service.grpc.pb.h"
#include "server/base/mutex.h"
#include "server/core/manager.h"
#include "server/rpc/grpc_server.h"
#include "tests/support/fake_servable.h"

namespace sconce {

// Holds the tasks that reached a model until the test answers them.
class TaskBox {
 public:
  void Put(InferTask* task) ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    tasks_.push_back(task);
    arrived_.SignalAll();
  }

  bool empty() ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    return tasks_.empty();
  }

  // Waits for the next task.
  InferTask* Take() ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    while (tasks_.empty()) arrived_.Wait(&mu_);
    InferTask* const task = tasks_.front();
    tasks_.pop_front();
    return task;
  }

 private:
  Mutex mu_;
  CondVar arrived_;
  std::deque<InferTask*> tasks_ ABSL_GUARDED_BY(mu_);
};

// Answers `task` with its own first input as output "y".
inline void Echo(InferTask* task) {
  OutputTensor output;
  output.name = "y";
  output.type = task->inputs[0].type;
  output.shape = task->inputs[0].shape;
  auto bytes =
      std::make_shared<std::vector<uint8_t>>(task->inputs[0].bytes.size());
  task->inputs[0].bytes.CopyTo(bytes->data());
  output.bytes = absl::MakeConstSpan(*bytes);
  output.owner = bytes;
  task->Finish(std::vector<OutputTensor>{output});
}

// Serves two models on a free loopback port: "echo" answers at once, "held"
// when the test takes its tasks out of held().
class TestFrontEnd {
 public:
  // `control`, borrowed, may be null.
  explicit TestFrontEnd(GrpcServer::Options options = {},
                        ModelControl* control = nullptr)
      : manager_(MakeManagerOptions()) {
    options.port = 0;
    InferenceContext context{
        "test", "1", &manager_, &metrics_, [] { return true; }, control};
    grpc_ = *GrpcServer::Start(options, context);
    for (const char* model : {"echo", "held"}) {
      manager_.Add({{model, 1}, "", {}, absl::OkStatus()}).IgnoreError();
    }
    grpc_->Accept();
    channel_ =
        grpc::CreateChannel(address(), grpc::InsecureChannelCredentials());
    stub_ = inference::GRPCInferenceService::NewStub(channel_);
    while (!manager_.IsSettled()) std::this_thread::yield();
  }

  std::string address() const {
    return absl::StrCat("127.0.0.1:", grpc_->port());
  }
  GrpcServer* grpc() { return grpc_.get(); }
  Manager* manager() { return &manager_; }
  TaskBox* held() { return &held_; }
  ServerMetrics* metrics() { return &metrics_; }
  const std::shared_ptr<grpc::Channel>& channel() { return channel_; }
  inference::GRPCInferenceService::Stub* stub() { return stub_.get(); }

  // A request of one UINT8 input "x" with these bytes.
  static inference::ModelInferRequest Request(const std::string& model,
                                              const std::string& bytes) {
    inference::ModelInferRequest request;
    request.set_model_name(model);
    auto* input = request.add_inputs();
    input->set_name("x");
    input->set_datatype("UINT8");
    input->add_shape(static_cast<int64_t>(bytes.size()));
    request.add_raw_input_contents(bytes);
    return request;
  }

 private:
  Manager::Options MakeManagerOptions() {
    Manager::Options options;
    options.loader_factory = [this](const ServableSpec& spec) {
      return std::make_unique<FakeLoader>([this, spec] {
        return absl::StatusOr<std::unique_ptr<Servable>>(MakeServable(spec));
      });
    };
    return options;
  }

  std::unique_ptr<Servable> MakeServable(const ServableSpec& spec) {
    ModelSignature signature;
    signature.inputs = {{.name = "x"}};
    signature.outputs = {{.name = "y"}};
    FakeServable::OnTask on_task = [](InferTask* task) { Echo(task); };
    if (spec.id.model == "held") {
      on_task = [this](InferTask* task) { held_.Put(task); };
    }
    return std::make_unique<FakeServable>(
        spec.id, signature, metrics_.ForServable(spec.id.model, 1), on_task);
  }

  TaskBox held_;
  ServerMetrics metrics_;
  Manager manager_;
  std::unique_ptr<GrpcServer> grpc_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<inference::GRPCInferenceService::Stub> stub_;
};

}  // namespace sconce

#endif  // TESTS_SUPPORT_TEST_FRONT_END_H_
