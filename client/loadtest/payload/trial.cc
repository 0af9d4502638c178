#include "client/loadtest/payload/trial.h"

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>

#include <chrono>

#include "absl/strings/str_cat.h"

namespace sconce::load {
namespace {

constexpr char kMethod[] = "/inference.GRPCInferenceService/ModelInfer";
constexpr std::chrono::seconds kPatience(10);

grpc::Status Ask(const grpc::ByteBuffer& message, const ServerAccess& server) {
  grpc::GenericStub stub(server.inference);
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  const auto reader = stub.PrepareUnaryCall(&context, kMethod, message, &queue);
  grpc::ByteBuffer answer;
  grpc::Status status;
  reader->StartCall();
  reader->Finish(&answer, &status, &queue);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  queue.Shutdown();
  return status;
}

// Whether every such request will end like this.
bool IsWrong(grpc::StatusCode code) {
  return code == grpc::StatusCode::INVALID_ARGUMENT ||
         code == grpc::StatusCode::NOT_FOUND ||
         code == grpc::StatusCode::UNIMPLEMENTED;
}

}  // namespace

absl::Status TryMix(const Mix& mix, const ServerAccess& server) {
  for (const MixEntry& entry : mix) {
    const Payload& payload = entry.payloads.front();
    const grpc::Status status = Ask(payload.message, server);
    if (!IsWrong(status.error_code())) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("model '", entry.name, "' refuses its payload (",
                     payload.name, "): ", status.error_message(),
                     "; --shape, --input and --inputs say what to send"));
  }
  return absl::OkStatus();
}

}  // namespace sconce::load
