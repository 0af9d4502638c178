#include "client/cpp/src/message_call.h"

#include <grpcpp/support/slice.h>

#include "absl/strings/str_cat.h"

#include "client/cpp/src/error_text.h"
#include "client/cpp/src/unary_call.h"

namespace sconce {
inline namespace client {
namespace {

grpc::ByteBuffer Serialize(const google::protobuf::MessageLite& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

bool Parse(const grpc::ByteBuffer& bytes,
           google::protobuf::MessageLite* message) {
  grpc::Slice whole;
  if (!bytes.Valid()) return true;  // an empty message
  return bytes.DumpToSingleSlice(&whole).ok() &&
         message->ParseFromArray(whole.begin(), static_cast<int>(whole.size()));
}

}  // namespace

absl::Status CallAndWait(ClientCore* core, const char* method,
                         const google::protobuf::MessageLite& request,
                         absl::string_view model, const CallOptions& options,
                         google::protobuf::MessageLite* answer) {
  UnaryCall::Request call;
  call.method = method;
  call.message = Serialize(request);
  call.model = std::string(model);
  call.options = options;
  const auto bytes = Await<grpc::ByteBuffer>(*core, [&](auto done) {
    UnaryCall::Start(core, std::move(call), std::move(done));
  });
  if (!bytes.ok()) return bytes.status();
  if (Parse(*bytes, answer)) return absl::OkStatus();
  return Explain(absl::InternalError(
                     absl::StrCat("the answer to ", method, " is malformed")),
                 {core->options.address, std::string(model)});
}

}  // namespace client
}  // namespace sconce
