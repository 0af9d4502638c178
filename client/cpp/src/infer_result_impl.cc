#include "client/cpp/src/infer_result_impl.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

#include "client/cpp/src/typed_contents.h"

namespace sconce {
inline namespace client {
namespace {

absl::Span<const uint8_t> BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

absl::StatusOr<InferResult> InferResult::Impl::Read(
    const grpc::ByteBuffer& message, bool streamed) {
  auto result = std::make_unique<Impl>();
  const absl::Status read = ReadAnswer(message, streamed, &result->parts_);
  if (!read.ok()) return read;
  if (!result->parts_.error_message.empty()) {
    return absl::UnknownError(result->parts_.error_message);
  }
  const absl::Status found = result->FindOutputs();
  if (!found.ok()) return found;
  return InferResult(std::move(result));
}

absl::Status InferResult::Impl::FindOutputs() {
  const auto& described = parts_.head.outputs();
  const bool raw = !parts_.raw_outputs.empty();
  if (raw && static_cast<int>(parts_.raw_outputs.size()) != described.size()) {
    return absl::InternalError(absl::StrCat(
        "the answer describes ", described.size(), " outputs and has ",
        parts_.raw_outputs.size(), "; this is a fault of the server"));
  }
  for (int i = 0; i < described.size(); ++i) {
    Output& output = outputs_.emplace_back();
    output.described = &described[i];
    names_.push_back(described[i].name());
    const auto type = ParseDataType(described[i].datatype());
    if (raw) {
      output.pieces = std::move(parts_.raw_outputs[static_cast<size_t>(i)]);
    } else if (described[i].has_contents() && type) {
      output.pieces.push_back(BytesOf(
          typed_.emplace_back(RawBytes(described[i].contents(), *type))));
    }
  }
  return absl::OkStatus();
}

const InferResult::Impl::Output* InferResult::Impl::Find(
    absl::string_view name) const {
  for (const Output& output : outputs_) {
    if (output.described->name() == name) return &output;
  }
  return nullptr;
}

absl::Span<const uint8_t> InferResult::Impl::InOnePiece(
    const Output& output, size_t alignment) const {
  if (output.pieces.empty()) return {};
  const absl::Span<const uint8_t> first = output.pieces[0];
  if (output.pieces.size() == 1 &&
      reinterpret_cast<uintptr_t>(first.data()) % alignment == 0) {
    return first;
  }
  MutexLock lock(&mu_);
  for (const Joined& joined : joined_) {
    if (joined.output == &output) return {joined.bytes.get(), joined.size};
  }
  size_t size = 0;
  for (const auto& piece : output.pieces) size += piece.size();
  // Not make_unique: it would fill with zeros what is overwritten at once.
  std::unique_ptr<uint8_t[]> bytes(new uint8_t[size]);
  uint8_t* end = bytes.get();
  for (const auto& piece : output.pieces) {
    std::memcpy(end, piece.data(), piece.size());
    end += piece.size();
  }
  const uint8_t* const begin = bytes.get();
  joined_.push_back({&output, std::move(bytes), size});
  return {begin, size};
}

}  // namespace client
}  // namespace sconce
