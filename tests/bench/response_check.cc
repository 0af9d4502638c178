#include "tests/bench/response_check.h"

#include <cmath>
#include <cstring>
#include <utility>

#include "inference/grpc_service.pb.h"

namespace sconce::bench {
namespace {

using inference::ModelInferResponse;

float FloatAt(const std::string& bytes, size_t index) {
  float value;
  std::memcpy(&value, bytes.data() + index * sizeof(value), sizeof(value));
  return value;
}

bool Close(const std::string& answer, const std::string& expected,
           double tolerance) {
  if (answer.size() != expected.size()) return false;
  for (size_t i = 0; i < expected.size() / sizeof(float); ++i) {
    const double want = FloatAt(expected, i);
    // Written so that a NaN is not close to anything.
    const double allowed = tolerance * (1 + std::abs(want));
    if (!(std::abs(FloatAt(answer, i) - want) <= allowed)) return false;
  }
  return true;
}

bool SameTensor(const ModelInferResponse& answer,
                const ModelInferResponse& expected, int index,
                double tolerance) {
  const std::string& bytes = answer.raw_output_contents(index);
  const std::string& wanted = expected.raw_output_contents(index);
  return expected.outputs(index).datatype() == "FP32"
             ? Close(bytes, wanted, tolerance)
             : bytes == wanted;
}

// Everything but the tensors' bytes, for comparison.
std::string Header(ModelInferResponse message) {
  message.clear_raw_output_contents();
  return message.SerializeAsString();
}

}  // namespace

ResponseCheck::ResponseCheck(std::string expected, double tolerance)
    : expected_(std::move(expected)), tolerance_(tolerance) {}

bool ResponseCheck::Accepts(const grpc::ByteBuffer& answer) const {
  grpc::Slice whole;
  if (!answer.DumpToSingleSlice(&whole).ok()) return false;
  if (whole.size() == expected_.size() &&
      std::memcmp(whole.begin(), expected_.data(), whole.size()) == 0) {
    return true;
  }
  ModelInferResponse got;
  ModelInferResponse want;
  if (tolerance_ <= 0 || !got.ParseFromArray(whole.begin(), whole.size()) ||
      !want.ParseFromString(expected_) || Header(got) != Header(want) ||
      got.raw_output_contents_size() != want.raw_output_contents_size() ||
      want.outputs_size() != want.raw_output_contents_size()) {
    return false;
  }
  for (int i = 0; i < want.outputs_size(); ++i) {
    if (!SameTensor(got, want, i, tolerance_)) return false;
  }
  return true;
}

}  // namespace sconce::bench
