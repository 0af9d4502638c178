#include "sconce/client.h"

#include <cstdint>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"

#include "client/cpp/src/client_core.h"
#include "client/cpp/src/error_text.h"
#include "client/cpp/src/infer_result_impl.h"
#include "client/cpp/src/infer_stream_impl.h"
#include "client/cpp/src/message_call.h"
#include "client/cpp/src/request_encoder.h"
#include "client/cpp/src/unary_call.h"

namespace sconce {
inline namespace client {
namespace {

constexpr char kInfer[] = "/inference.GRPCInferenceService/ModelInfer";

uint64_t NewSequenceId() {
  std::random_device random;
  // 0 means "no sequence".
  return (uint64_t{random()} << 32 | random()) | 1;
}

std::vector<TensorMetadata> TensorsOf(
    const google::protobuf::RepeatedPtrField<
        inference::ModelMetadataResponse::TensorMetadata>& described) {
  std::vector<TensorMetadata> tensors;
  for (const auto& tensor : described) {
    tensors.push_back({tensor.name(), tensor.datatype(),
                       Shape(tensor.shape().begin(), tensor.shape().end())});
  }
  return tensors;
}

}  // namespace

class Client::Impl {
 public:
  explicit Impl(ClientOptions options) : core(std::move(options)) {}

  ClientCore core;
};

absl::StatusOr<Client> Client::Create(ClientOptions options) {
  const absl::Status valid = ChannelPool::Check(options);
  if (!valid.ok()) return valid;
  return Client(std::make_unique<Impl>(std::move(options)));
}

absl::StatusOr<Client> Client::Create(absl::string_view address) {
  ClientOptions options;
  options.address = std::string(address);
  return Create(std::move(options));
}

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

absl::StatusOr<InferResult> Client::Infer(const InferRequest& request,
                                          const CallOptions& options) {
  return Await<InferResult>(impl_->core, [&](auto done) {
    InferAsync(request, options, std::move(done));
  });
}

void Client::InferAsync(const InferRequest& request, const CallOptions& options,
                        InferCallback done) {
  auto borrowed = std::make_shared<BorrowedBytes>();
  auto message = EncodeRequest(request, borrowed.get());
  if (!message.ok()) {
    return std::move(done)(Explain(
        message.status(), {impl_->core.options.address, request.model()}));
  }
  const bool in_sequence = request.in_sequence();
  UnaryCall::Start(
      &impl_->core,
      {.method = kInfer,
       .message = *std::move(message),
       .borrowed = std::move(borrowed),
       .model = request.model(),
       .may_retry = !in_sequence,
       .sticky = in_sequence,
       .options = options},
      [done =
           std::move(done)](absl::StatusOr<grpc::ByteBuffer> answer) mutable {
        if (!answer.ok()) return std::move(done)(answer.status());
        std::move(done)(InferResult::Impl::Read(*answer, /*streamed=*/false));
      });
}

InferStream Client::StartStream(const CallOptions& options) {
  return InferStream(
      std::make_unique<InferStream::Impl>(&impl_->core, options));
}

InferStream Client::StartStream(const CallOptions& options,
                                StreamCallbacks callbacks) {
  return InferStream(std::make_unique<InferStream::Impl>(&impl_->core, options,
                                                         std::move(callbacks)));
}

Sequence Client::StartSequence(const CallOptions& options) {
  return Sequence(StartStream(options), NewSequenceId());
}

absl::StatusOr<bool> Client::IsServerLive(const CallOptions& options) {
  const auto answer = CallWithMessages<inference::ServerLiveResponse>(
      &impl_->core, "/inference.GRPCInferenceService/ServerLive",
      inference::ServerLiveRequest(), "", options);
  if (!answer.ok()) return answer.status();
  return answer->live();
}

absl::StatusOr<bool> Client::IsServerReady(const CallOptions& options) {
  const auto answer = CallWithMessages<inference::ServerReadyResponse>(
      &impl_->core, "/inference.GRPCInferenceService/ServerReady",
      inference::ServerReadyRequest(), "", options);
  if (!answer.ok()) return answer.status();
  return answer->ready();
}

absl::StatusOr<bool> Client::IsModelReady(absl::string_view model,
                                          absl::string_view version,
                                          const CallOptions& options) {
  inference::ModelReadyRequest request;
  request.set_name(std::string(model));
  request.set_version(std::string(version));
  const auto answer = CallWithMessages<inference::ModelReadyResponse>(
      &impl_->core, "/inference.GRPCInferenceService/ModelReady", request,
      model, options);
  // Some servers call a model that they do not have an error.
  if (absl::IsNotFound(answer.status())) return false;
  if (!answer.ok()) return answer.status();
  return answer->ready();
}

absl::StatusOr<ServerMetadata> Client::GetServerMetadata(
    const CallOptions& options) {
  const auto answer = CallWithMessages<inference::ServerMetadataResponse>(
      &impl_->core, "/inference.GRPCInferenceService/ServerMetadata",
      inference::ServerMetadataRequest(), "", options);
  if (!answer.ok()) return answer.status();
  return ServerMetadata{
      answer->name(),
      answer->version(),
      {answer->extensions().begin(), answer->extensions().end()}};
}

absl::StatusOr<ModelMetadata> Client::GetModelMetadata(
    absl::string_view model, absl::string_view version,
    const CallOptions& options) {
  inference::ModelMetadataRequest request;
  request.set_name(std::string(model));
  request.set_version(std::string(version));
  const auto answer = CallWithMessages<inference::ModelMetadataResponse>(
      &impl_->core, "/inference.GRPCInferenceService/ModelMetadata", request,
      model, options);
  if (!answer.ok()) return answer.status();
  return ModelMetadata{answer->name(),
                       {answer->versions().begin(), answer->versions().end()},
                       answer->platform(),
                       TensorsOf(answer->inputs()),
                       TensorsOf(answer->outputs())};
}

}  // namespace client
}  // namespace sconce
