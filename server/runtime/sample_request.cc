#include "server/runtime/sample_request.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Generator.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "server/base/status_macros.h"
#include "server/runtime/tensor_codec.h"
#include "server/runtime/torch_error.h"

namespace sconce {
namespace {

using Change =
    std::function<at::Tensor(const at::Tensor& values, at::Generator random)>;

at::Tensor Shuffled(const at::Tensor& values, const at::Generator& random) {
  const at::Tensor order = at::randperm(values.numel(), random, at::kLong);
  return values.flatten().index_select(0, order).reshape(values.sizes());
}

// As large as the values are, or 1 where they say nothing.
at::Tensor NoiseFor(const at::Tensor& values, const at::Generator& random) {
  const at::Tensor size = values.abs().mean();
  const double scale = size.item<double>();
  return at::randn(values.sizes(), random, values.options()) *
         (scale > 0 && std::isfinite(scale) ? 0.2 * scale : 1.0);
}

at::Tensor Between(const at::Tensor& least, const at::Tensor& most,
                   const at::Tensor& like, const at::Generator& random) {
  return at::randint(least.item<int64_t>(), most.item<int64_t>() + 1,
                     like.sizes(), random, like.options());
}

const std::vector<Change>& ChangesOfFloats() {
  static const auto* const kChanges = new std::vector<Change>{
      [](const at::Tensor& values, const at::Generator& random) {
        return 0.5 * (Shuffled(values, random) + NoiseFor(values, random));
      },
      [](const at::Tensor& values, const at::Generator& random) {
        return -(Shuffled(values, random) + NoiseFor(values, random));
      },
      [](const at::Tensor& values, const at::Generator& random) {
        return 1.7 * values + NoiseFor(values, random);
      },
      // What is rare: a row that is far away, and one with a hole.
      [](const at::Tensor& values, const at::Generator& random) {
        return 1e4 * (Shuffled(values, random) + NoiseFor(values, random));
      },
      [](const at::Tensor& values, const at::Generator& random) {
        const at::Tensor holed = Shuffled(values, random);
        holed.view({-1})[0] = std::numeric_limits<double>::quiet_NaN();
        return holed;
      }};
  return *kChanges;
}

const std::vector<Change>& ChangesOfIntegers() {
  static const auto* const kChanges = new std::vector<Change>{
      [](const at::Tensor& values, const at::Generator& random) {
        return Between(values.min(), values.max(), values, random);
      },
      [](const at::Tensor& values, const at::Generator& random) {
        return Shuffled(values, random);
      },
      [](const at::Tensor& values, const at::Generator& random) {
        const at::Tensor zero = at::zeros({}, values.options());
        return Between(at::minimum(zero, values.min()),
                       at::maximum(zero, values.max()), values, random);
      },
      [](const at::Tensor& values, const at::Generator&) {
        return at::zeros_like(values);
      },
      [](const at::Tensor& values, const at::Generator&) {
        return values.max().expand_as(values).clone();
      }};
  return *kChanges;
}

constexpr size_t kChanges = 5;

std::vector<uint8_t> BytesOf(const at::Tensor& tensor) {
  const at::Tensor dense = tensor.contiguous();
  const auto* const begin = static_cast<const uint8_t*>(dense.const_data_ptr());
  return {begin, begin + dense.nbytes()};
}

// The bytes of `input` after change `number`.
std::vector<uint8_t> Changed(const InputTensor& input, size_t number,
                             const at::Generator& random) {
  const c10::ScalarType type = *ToScalarType(input.type);
  std::string bytes = input.bytes.Join();
  const at::Tensor values = at::from_blob(
      bytes.data(), c10::IntArrayRef(input.shape.data(), input.shape.size()),
      at::TensorOptions(type));
  if (values.numel() == 0) return BytesOf(values);
  const bool real = c10::isFloatingType(type);
  const auto& changes = real ? ChangesOfFloats() : ChangesOfIntegers();
  const at::Tensor wide = values.to(real ? at::kDouble : at::kLong);
  return BytesOf(changes[number](wide, random).to(type));
}

bool IsVaried(const InputTensor& input) {
  return !input.by_value && ToScalarType(input.type).has_value();
}

}  // namespace

SampleRequest::SampleRequest(const InferTask& request) {
  method = request.method;
  inputs = request.inputs;
  rows = request.rows;
  stackable = request.stackable;
  storage_.resize(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string bytes = inputs[i].bytes.Join();
    SetBytes(i, {bytes.begin(), bytes.end()});
  }
}

void SampleRequest::SetBytes(size_t input, std::vector<uint8_t> bytes) {
  storage_[input] = std::move(bytes);
  inputs[input].bytes = ByteChunks(absl::MakeConstSpan(storage_[input]));
}

absl::StatusOr<std::vector<std::unique_ptr<SampleRequest>>> SampleRequest::Vary(
    const SampleRequest& request, uint64_t seed) {
  std::vector<std::unique_ptr<SampleRequest>> varied;
  RETURN_IF_ERROR(TorchCall([&] {
    const at::Generator random = at::detail::createCPUGenerator(seed);
    for (size_t change = 0; change < kChanges; ++change) {
      auto sample = std::make_unique<SampleRequest>(request);
      for (size_t i = 0; i < request.inputs.size(); ++i) {
        if (!IsVaried(request.inputs[i])) continue;
        sample->SetBytes(i, Changed(request.inputs[i], change, random));
      }
      varied.push_back(std::move(sample));
    }
  }));
  return varied;
}

std::unique_ptr<SampleRequest> SampleRequest::FirstRow(
    const SampleRequest& request) {
  auto sample = std::make_unique<SampleRequest>(request);
  sample->rows = 1;
  for (size_t i = 0; i < sample->inputs.size(); ++i) {
    InputTensor& input = sample->inputs[i];
    if (!IsVaried(input)) continue;
    std::vector<uint8_t> bytes = std::move(sample->storage_[i]);
    bytes.resize(bytes.size() / static_cast<size_t>(request.rows));
    input.shape[0] = 1;
    sample->SetBytes(i, std::move(bytes));
  }
  return sample;
}

bool SampleRequest::HasInputsOf(const InferTask& other) const {
  return std::equal(storage_.begin(), storage_.end(), other.inputs.begin(),
                    other.inputs.end(), [](const auto& bytes, const auto& i) {
                      return i.bytes.Equals(bytes);
                    });
}

}  // namespace sconce
