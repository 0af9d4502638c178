#include "client/loadtest/sending/connection.h"

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/client_interceptor.h>
#include <grpcpp/support/slice.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"

#include "client/cpp/src/error_text.h"

namespace sconce::load {
namespace {

// Of no model: whatever the answer is, it is one.
constexpr char kMethod[] = "/inference.GRPCInferenceService/ModelMetadata";
constexpr std::chrono::seconds kPatience(10);

struct Question {
  grpc::ClientContext context;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
  grpc::ByteBuffer answer;
  grpc::Status status;
};

std::string TokenOf(const ClientOptions& options) {
  const auto token = options.token();
  return "Bearer " + (token.ok() ? *token : "");
}

std::unique_ptr<Question> Ask(const ClientOptions& options, ChannelPool* pool,
                              grpc::CompletionQueue* queue) {
  auto question = std::make_unique<Question>();
  question->context.set_deadline(std::chrono::system_clock::now() + kPatience);
  if (options.token) {
    question->context.AddMetadata("authorization", TokenOf(options));
  }
  grpc::Slice nothing;
  question->reader = pool->Next()->PrepareUnaryCall(
      &question->context, kMethod, grpc::ByteBuffer(&nothing, 1), queue);
  question->reader->StartCall();
  question->reader->Finish(&question->answer, &question->status,
                           question.get());
  return question;
}

bool IsAnswer(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::PERMISSION_DENIED:
      return false;
    default:
      return true;
  }
}

// In the words of the command.
absl::Status Reworded(const absl::Status& status) {
  return absl::Status(
      status.code(),
      absl::StrReplaceAll(
          status.message(),
          {{"client of ", ""},
           {"ClientOptions::tls, or token_without_tls where something else "
            "encrypts",
            "--tls"},
           {"ClientOptions::tls", "--tls"},
           {"ClientOptions::token", "--token"},
           {"TlsOptions::root_certificates", "--ca"},
           {"TlsOptions::client_certificate", "--cert"},
           {"TlsOptions::client_key", "--key"},
           {"; ReadTlsFiles() reads it from a file", ""},
           {"both client_certificate and client_key", "both --cert and --key"},
           {"give CallOptions::timeout more time, or send less",
            "check that the server runs there and is not stuck"}}));
}

absl::Status Explained(const grpc::Status& status,
                       const ClientOptions& options) {
  return Reworded(
      Explain(absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                           status.error_message()),
              {.address = options.address}));
}

// Adds the token to each call.
class TokenInterceptor final : public grpc::experimental::Interceptor {
 public:
  explicit TokenInterceptor(std::string token) : token_(std::move(token)) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* batch) override {
    using grpc::experimental::InterceptionHookPoints;
    if (batch->QueryInterceptionHookPoint(
            InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      batch->GetSendInitialMetadata()->emplace("authorization", token_);
    }
    batch->Proceed();
  }

 private:
  const std::string token_;
};

class TokenInterceptors final
    : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit TokenInterceptors(std::string token) : token_(std::move(token)) {}

  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo* /*call*/) override {
    return new TokenInterceptor(token_);  // gRPC deletes it
  }

 private:
  const std::string token_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ChannelPool>> Connect(
    const ClientOptions& options) {
  const absl::Status right = ChannelPool::Check(options);
  if (!right.ok()) return Reworded(right);
  auto pool = std::make_unique<ChannelPool>(options);
  grpc::CompletionQueue queue;
  std::vector<std::unique_ptr<Question>> questions;
  for (int i = 0; i < options.connections; ++i) {
    questions.push_back(Ask(options, pool.get(), &queue));
  }
  queue.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) {
  }
  for (const auto& question : questions) {
    if (!IsAnswer(question->status))
      return Explained(question->status, options);
  }
  return pool;
}

std::shared_ptr<grpc::Channel> QuestionChannel(const ClientOptions& options) {
  Interceptors interceptors;
  if (options.token) {
    interceptors.push_back(
        std::make_unique<TokenInterceptors>(TokenOf(options)));
  }
  return MakeChannel(options, "pick_first", std::move(interceptors));
}

}  // namespace sconce::load
