#include "server/runtime/graph_shapes.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "server/base/status_macros.h"
#include "server/runtime/torch_error.h"

namespace sconce {
namespace {

using Tensors = CallGraphs::Tensors;

// A dimension of the tensor with this index.
struct Place {
  size_t tensor;
  int64_t dimension;
};

std::vector<Place> PlacesOf(const PaddingRule& rule,
                            const std::vector<std::string>& names) {
  std::vector<Place> places;
  for (const TensorDimension& input : rule.inputs) {
    const auto found = std::find(names.begin(), names.end(), input.tensor);
    if (found == names.end()) continue;  // it is optional
    places.push_back({static_cast<size_t>(found - names.begin()),
                      static_cast<int64_t>(input.dimension)});
  }
  return places;
}

// Throws as LibTorch does.
at::Tensor Pad(const at::Tensor& tensor, int64_t dimension, int64_t size,
               double value) {
  std::vector<int64_t> added = tensor.sizes().vec();
  added.at(static_cast<size_t>(dimension)) = size - tensor.size(dimension);
  return at::cat({tensor, at::full(added, value, tensor.options())}, dimension);
}

Tensors PadAll(Tensors tensors, const std::vector<Place>& places, int64_t size,
               double value) {
  for (const auto& [tensor, dimension] : places) {
    tensors.at(tensor) = Pad(tensors.at(tensor), dimension, size, value);
  }
  return tensors;
}

// The sizes of `rule` that `example` may be padded to; its own when there is
// none, as such requests are left alone.
std::vector<int64_t> SizesFor(const PaddingRule& rule,
                              const std::vector<Place>& places,
                              const Tensors& example) {
  int64_t from = 0;
  for (const auto& [tensor, dimension] : places) {
    from = std::max(from, example.at(tensor).size(dimension));
  }
  const auto first =
      std::lower_bound(rule.sizes.begin(), rule.sizes.end(), from);
  std::vector<int64_t> sizes(first, rule.sizes.end());
  if (sizes.empty() || places.empty()) sizes = {from};
  return sizes;
}

}  // namespace

absl::StatusOr<std::vector<Tensors>> PaddedExamples(
    const Tensors& example, const std::vector<std::string>& names,
    const PaddingRules& rules) {
  std::vector<Tensors> shapes = {example};
  for (const PaddingRule& rule : rules.rules) {
    const std::vector<Place> places = PlacesOf(rule, names);
    std::vector<Tensors> padded;
    RETURN_IF_ERROR(TorchCall([&] {
      for (const int64_t size : SizesFor(rule, places, example)) {
        for (const Tensors& shape : shapes) {
          if (padded.size() == kMostShapes) return;
          padded.push_back(PadAll(shape, places, size, rule.value));
        }
      }
    }));
    shapes = std::move(padded);
  }
  return shapes;
}

}  // namespace sconce
