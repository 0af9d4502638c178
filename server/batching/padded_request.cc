#include "server/batching/padded_request.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/tensor/pad_dimension.h"

namespace sconce {
namespace {

// The size that `rule` wants instead of `size`; nothing when it is left alone.
std::optional<int64_t> PaddedSize(const PaddingRule& rule, int64_t size) {
  const auto next =
      std::lower_bound(rule.sizes.begin(), rule.sizes.end(), size);
  if (size == 0 || next == rule.sizes.end() || *next == size) {
    return std::nullopt;
  }
  return *next;
}

// Larger requests gain little by sharing a batch, and a client can send any
// shape: padding is not to cost more than it saves.
constexpr int64_t kMostBytes = int64_t{64} << 20;
constexpr int64_t kMostPieces = int64_t{1} << 16;

bool IsWorthwhile(const InputTensor& input, size_t dimension, int64_t size) {
  if (*ElementCount(input.shape) == 0) return false;
  Shape padded = input.shape;
  padded[dimension] = size;
  const std::optional<int64_t> bytes = ByteCount(input.type, padded);
  const auto outer = absl::MakeConstSpan(padded).first(dimension);
  return bytes && *bytes <= kMostBytes && *ElementCount(outer) <= kMostPieces;
}

bool HaveAnInputInCommon(const PaddingRule& a, const PaddingRule& b) {
  return absl::c_any_of(a.inputs, [&](const TensorDimension& one) {
    return absl::c_any_of(b.inputs, [&](const TensorDimension& other) {
      return one.tensor == other.tensor;
    });
  });
}

}  // namespace

std::unique_ptr<PaddedRequest> PaddedRequest::Make(const Context& context,
                                                   InferTask* whole) {
  std::unique_ptr<PaddedRequest> padded(new PaddedRequest(context, whole));
  for (const std::string& name : context.rules->needed) {
    if (padded->FindInput(name) == nullptr) return nullptr;
  }
  for (const PaddingRule& rule : context.rules->rules) {
    if (!padded->Plan(rule)) return nullptr;
  }
  if (!padded->KeepsLengthsApart()) return nullptr;
  std::erase_if(padded->changes_,
                [](const Change& change) { return change.from == change.to; });
  if (padded->changes_.empty()) return nullptr;
  for (const Change& change : padded->changes_) padded->Apply(change);
  return padded;
}

PaddedRequest::PaddedRequest(const Context& context, InferTask* whole)
    : context_(context), whole_(whole) {
  method = whole->method;
  inputs = whole->inputs;
  requested_outputs = whole->requested_outputs;
  sequence = whole->sequence;
  deadline = whole->deadline;
  priority = whole->priority;
  trace = whole->trace;
}

InputTensor* PaddedRequest::FindInput(const std::string& name) {
  const auto found = std::find_if(
      inputs.begin(), inputs.end(),
      [&](const InputTensor& input) { return input.name == name; });
  return found == inputs.end() ? nullptr : &*found;
}

bool PaddedRequest::Plan(const PaddingRule& rule) {
  std::optional<int64_t> from;
  for (const TensorDimension& place : rule.inputs) {
    const InputTensor* const input = FindInput(place.tensor);
    if (input == nullptr) continue;  // it is optional
    const int64_t size = input->shape[place.dimension];
    if (from && *from != size) return false;
    from = size;
  }
  if (!from) return true;
  int64_t to = PaddedSize(rule, *from).value_or(*from);
  for (const TensorDimension& place : rule.inputs) {
    const InputTensor* const input = FindInput(place.tensor);
    if (input && !IsWorthwhile(*input, place.dimension, to)) to = *from;
  }
  changes_.push_back({&rule, *from, to});
  return true;
}

// Of different inputs; those of one input are different axes. Lengths of which
// one is 1 may be meant to be broadcast.
bool PaddedRequest::KeepsLengthsApart() const {
  for (const Change& a : changes_) {
    for (const Change& b : changes_) {
      if (HaveAnInputInCommon(*a.rule, *b.rule)) continue;
      if ((a.from == b.from) != (a.to == b.to)) return false;
      if (a.from != b.from && std::min(a.from, b.from) == 1) return false;
    }
  }
  return true;
}

void PaddedRequest::Apply(const Change& change) {
  for (const TensorDimension& place : change.rule->inputs) {
    InputTensor* const input = FindInput(place.tensor);
    if (input == nullptr) continue;
    Pad(*change.rule, place.dimension, change.to, input);
  }
}

void PaddedRequest::Pad(const PaddingRule& rule, size_t dimension, int64_t size,
                        InputTensor* input) {
  const int64_t before = *ElementCount(input->shape);
  paddings_.push_back(*RepeatValue(input->type, rule.value,
                                   ElementsToAdd(*input, dimension, size)));
  PadDimension(dimension, size, absl::MakeConstSpan(paddings_.back()), input);
  added_ += *ElementCount(input->shape) - before;
}

void PaddedRequest::Finish(absl::StatusOr<std::vector<OutputTensor>> outputs) {
  whole_->trace = trace;
  whole_->rows = rows;
  if (outputs.ok()) {
    context_.telemetry->RecordPadding(added_);
    const absl::Status cut = Cut(&*outputs);
    if (!cut.ok()) outputs = cut;
  }
  InferTask* const whole = whole_;
  delete this;
  whole->Finish(std::move(outputs));
}

absl::Status PaddedRequest::Cut(std::vector<OutputTensor>* outputs) const {
  for (const Change& change : changes_) {
    for (const TensorDimension& place : change.rule->outputs) {
      for (OutputTensor& output : *outputs) {
        if (output.name != place.tensor) continue;
        RETURN_IF_ERROR(CutOne(place, change, &output));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status PaddedRequest::CutOne(const TensorDimension& place,
                                   const Change& change,
                                   OutputTensor* output) const {
  const size_t dimension = place.dimension;
  if (dimension >= output->shape.size() ||
      output->shape[dimension] != change.to) {
    return absl::InternalError(absl::StrCat(
        "model '", context_.model, "': output '", output->name, "' has shape ",
        ShapeToString(output->shape), ", but ", change.to,
        " was expected at dimension ", dimension,
        ", to which the request was padded; correct sconce.padding in "
        "config.pbtxt"));
  }
  *output = CutDimension(*output, dimension, change.from);
  return absl::OkStatus();
}

}  // namespace sconce
