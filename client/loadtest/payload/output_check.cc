#include "client/loadtest/payload/output_check.h"

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "client/cpp/src/answer_parts.h"
#include "client/cpp/src/typed_contents.h"
#include "client/loadtest/payload/difference.h"

namespace sconce::load {
namespace {

using Pieces = AnswerParts::Pieces;
using OutputTensor = inference::ModelInferResponse::InferOutputTensor;

bool SameBytes(const Pieces& pieces, absl::string_view expected) {
  for (const auto& piece : pieces) {
    if (piece.size() > expected.size() ||
        std::memcmp(piece.data(), expected.data(), piece.size()) != 0) {
      return false;
    }
    expected.remove_prefix(piece.size());
  }
  return expected.empty();
}

std::string Join(const Pieces& pieces) {
  std::string bytes;
  for (const auto& piece : pieces) {
    bytes.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  }
  return bytes;
}

// Index of the output called `name`; -1 without one.
int Find(const AnswerParts& answer, const std::string& name) {
  for (int i = 0; i < answer.head.outputs_size(); ++i) {
    if (answer.head.outputs(i).name() == name) return i;
  }
  return -1;
}

std::string NamesOf(const AnswerParts& answer) {
  if (answer.head.outputs_size() == 0) return "none";
  return absl::StrJoin(answer.head.outputs(), ", ",
                       [](std::string* out, const OutputTensor& output) {
                         out->append(output.name());
                       });
}

std::optional<std::string> FaultOfHead(const OutputTensor& found,
                                       const Tensor& expected) {
  const std::string type(DataTypeName(expected.type));
  if (found.datatype() != type) {
    return absl::StrCat("expected ", type, ", found ", found.datatype());
  }
  if (absl::MakeConstSpan(found.shape()) !=
      absl::Span<const int64_t>(expected.shape)) {
    return absl::StrCat("expected shape ", ShapeToString(expected.shape),
                        ", found ", ShapeToString(found.shape()));
  }
  return std::nullopt;
}

std::optional<std::string> FaultOfOutput(const AnswerParts& answer, int index,
                                         const ExpectedOutput& output) {
  const Tensor& expected = output.tensor;
  const OutputTensor& found = answer.head.outputs(index);
  auto fault = FaultOfHead(found, expected);
  if (fault) return fault;
  if (answer.raw_outputs.empty()) {
    return FaultOfValues(expected, RawBytes(found.contents(), expected.type),
                         output.tolerance);
  }
  const Pieces& pieces = answer.raw_outputs.at(static_cast<size_t>(index));
  if (SameBytes(pieces, expected.bytes)) return std::nullopt;
  return FaultOfValues(expected, Join(pieces), output.tolerance);
}

std::optional<std::string> FaultOfOthers(const AnswerParts& answer,
                                         const ExpectedOutputs& expected) {
  for (const OutputTensor& output : answer.head.outputs()) {
    if (expected.count(output.name()) == 0) {
      return absl::StrCat("output '", output.name(), "' was not expected");
    }
  }
  return std::nullopt;
}

}  // namespace

OutputCheck::OutputCheck(ExpectedOutputs expected, Others others)
    : expected_(std::move(expected)), others_(others) {}

std::optional<std::string> OutputCheck::FaultOf(
    const grpc::ByteBuffer& message) const {
  AnswerParts answer;
  const absl::Status read = ReadAnswer(message, false, &answer);
  if (!read.ok()) return std::string(read.message());
  const auto outputs = static_cast<size_t>(answer.head.outputs_size());
  if (!answer.raw_outputs.empty() && answer.raw_outputs.size() != outputs) {
    return absl::StrCat("the answer describes ", outputs, " outputs and has ",
                        answer.raw_outputs.size());
  }
  for (const auto& [name, expected] : expected_) {
    const int index = Find(answer, name);
    if (index < 0) {
      return absl::StrCat("output '", name, "' is missing; the answer has ",
                          NamesOf(answer));
    }
    const auto fault = FaultOfOutput(answer, index, expected);
    if (fault) return absl::StrCat("output '", name, "': ", *fault);
  }
  if (others_ == Others::kAllowed) return std::nullopt;
  return FaultOfOthers(answer, expected_);
}

}  // namespace sconce::load
