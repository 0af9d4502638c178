#include "server/runtime/call_graphs.h"

#include <ATen/Functions.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <set>

#include "absl/algorithm/container.h"
#include "absl/functional/function_ref.h"

#include "server/base/status_macros.h"
#include "server/runtime/torch_error.h"

namespace sconce {

struct CallGraphs::Graph {
  explicit Graph(DeviceLane* l) : lane(l) { lane->AddGraphs(1); }
  ~Graph() { lane->AddGraphs(-1); }

  DeviceLane* const lane;
  Tensors inputs;         // at fixed addresses
  Outputs outputs;        // likewise; of the call that was recorded
  bool has_rows = false;  // every output has a row for each row of the inputs
  std::unique_ptr<DeviceGraph> graph;
};

namespace {

// First calls allocate what later ones have: handles, workspaces, plans.
constexpr int kFirstCalls = 3;
constexpr int kTimedCalls = 10;

int64_t RowsOf(const at::Tensor& tensor) {
  return tensor.dim() == 0 ? 0 : tensor.size(0);
}

// Whether `a` could be the first rows of `b`.
bool HasRowsOf(const at::Tensor& a, const at::Tensor& b) {
  return a.dim() > 0 && a.dim() == b.dim() && a.size(0) <= b.size(0) &&
         a.sizes().slice(1) == b.sizes().slice(1);
}

bool Fits(const at::Tensor& input, const at::Tensor& fixed, bool stackable) {
  if (input.scalar_type() != fixed.scalar_type()) return false;
  return input.sizes() == fixed.sizes() ||
         (stackable && HasRowsOf(input, fixed));
}

// Bit by bit: NaN is NaN.
bool Identical(const at::Tensor& a, const at::Tensor& b) {
  if (a.scalar_type() != b.scalar_type() || a.sizes() != b.sizes()) {
    return false;
  }
  return a.numel() == 0 || at::equal(a.contiguous().view(-1).view(at::kByte),
                                     b.contiguous().view(-1).view(at::kByte));
}

// Calls `body` in the lane's turn on its stream, and waits for the work.
absl::Status RunAndWait(DeviceLane* lane,
                        absl::FunctionRef<absl::Status()> body) {
  DeviceStream* const stream = lane->compute(StreamPriority::kNormal);
  const std::unique_ptr<DeviceEvent> done = lane->device()->MakeEvent();
  absl::Status ran;
  {
    MutexLock lock(lane->compute_turn());
    ran = stream->Run(body);
    RETURN_IF_ERROR(stream->Record(done.get()));
  }
  RETURN_IF_ERROR(lane->poller()->Wait(done.get()));
  return ran;
}

}  // namespace

CallGraphs::CallGraphs(const ModuleMethod* method) : method_(method) {}

CallGraphs::~CallGraphs() = default;

void CallGraphs::DropLast() { graphs_.pop_back(); }

absl::StatusOr<CallGraphs::Outputs> CallGraphs::Call(
    const Tensors& inputs) const {
  ASSIGN_OR_RETURN(const c10::IValue value, method_->Run(inputs));
  return FlattenOutput(value);
}

absl::StatusOr<CallGraphs::Times> CallGraphs::Record(DeviceLane* lane,
                                                     const Tensors& inputs) {
  auto graph = std::make_unique<Graph>(lane);
  const auto prepare = [&] { return Prepare(inputs, graph.get()); };
  RETURN_IF_ERROR(RunAndWait(lane, prepare));
  RETURN_IF_ERROR(RecordOn(lane, graph.get()));
  RETURN_IF_ERROR(Check(lane, *graph));
  ASSIGN_OR_RETURN(const Times times, Time(lane, *graph));
  graphs_.push_back(std::move(graph));
  return times;
}

absl::Status CallGraphs::Prepare(const Tensors& inputs, Graph* graph) const {
  RETURN_IF_ERROR(TorchCall([&] {
    const c10::InferenceMode inference_mode;
    for (const at::Tensor& input : inputs) {
      graph->inputs.push_back(
          input.to(method_->device()).clone(at::MemoryFormat::Contiguous));
    }
  }));
  for (int i = 0; i < kFirstCalls; ++i) {
    RETURN_IF_ERROR(Call(graph->inputs).status());
  }
  return absl::OkStatus();
}

absl::Status CallGraphs::RecordOn(DeviceLane* lane, Graph* graph) const {
  MutexLock lock(lane->compute_turn());
  const auto body = [this, graph]() -> absl::Status {
    ASSIGN_OR_RETURN(graph->outputs, Call(graph->inputs));
    return absl::OkStatus();
  };
  DeviceStream* const stream = lane->compute(StreamPriority::kNormal);
  ASSIGN_OR_RETURN(graph->graph,
                   lane->device()->Record(stream, body, OneOn(lane)));
  const auto has_rows = [&](const NamedTensor& output) {
    return !output.strings &&
           RowsOf(output.tensor) == RowsOf(graph->inputs.front());
  };
  graph->has_rows = !graph->inputs.empty() &&
                    RowsOf(graph->inputs.front()) > 0 &&
                    absl::c_all_of(graph->outputs, has_rows);
  const bool has_text = absl::c_any_of(
      graph->outputs, [](const auto& output) { return !!output.strings; });
  if (!has_text) return absl::OkStatus();
  return absl::UnimplementedError(
      "it returns text, which is no work of a device");
}

absl::Status CallGraphs::Check(DeviceLane* lane, const Graph& graph) const {
  bool same = true;
  const auto compare = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(const Outputs eager, Call(graph.inputs));
    RETURN_IF_ERROR(
        graph.graph->Replay(lane->compute(StreamPriority::kNormal)));
    return TorchCall([&] {
      same = eager.size() == graph.outputs.size();
      for (size_t i = 0; same && i < eager.size(); ++i) {
        same = Identical(eager[i].tensor, graph.outputs[i].tensor);
      }
    });
  };
  RETURN_IF_ERROR(RunAndWait(lane, compare));
  if (same) return absl::OkStatus();
  return absl::FailedPreconditionError("its answers are other ones");
}

absl::StatusOr<CallGraphs::Times> CallGraphs::Time(DeviceLane* lane,
                                                   const Graph& graph) const {
  const auto time = [&](absl::FunctionRef<absl::Status()> call)
      -> absl::StatusOr<MonoDuration> {
    MonoDuration least = MonoDuration::max();
    for (int i = 0; i < kTimedCalls; ++i) {
      const MonoTime begin = Clock::Real()->Now();
      RETURN_IF_ERROR(RunAndWait(lane, call));
      least = std::min(least, Clock::Real()->Now() - begin);
    }
    return least;
  };
  ASSIGN_OR_RETURN(const MonoDuration eager,
                   time([&] { return Call(graph.inputs).status(); }));
  ASSIGN_OR_RETURN(
      const MonoDuration replayed, time([&] {
        return graph.graph->Replay(lane->compute(StreamPriority::kNormal));
      }));
  return Times{eager, replayed};
}

DeviceGraph* CallGraphs::OneOn(const DeviceLane* lane) const {
  const auto found = absl::c_find_if(
      graphs_, [&](const auto& graph) { return graph->lane == lane; });
  return found == graphs_.end() ? nullptr : (*found)->graph.get();
}

int64_t CallGraphs::memory() const {
  size_t bytes = 0;
  std::set<const DeviceLane*> lanes;
  for (const auto& graph : graphs_) {
    for (const at::Tensor& input : graph->inputs) bytes += input.nbytes();
    if (!lanes.insert(graph->lane).second) continue;
    bytes += static_cast<size_t>(graph->graph->memory());
  }
  return static_cast<int64_t>(bytes);
}

const CallGraphs::Graph* CallGraphs::Find(const DeviceLane* lane,
                                          const Tensors& inputs,
                                          bool stackable) const {
  const Graph* best = nullptr;
  for (const auto& graph : graphs_) {
    if (graph->lane != lane || graph->inputs.size() != inputs.size()) continue;
    bool fits = true;
    for (size_t i = 0; fits && i < inputs.size(); ++i) {
      fits = Fits(inputs[i], graph->inputs[i], stackable && graph->has_rows);
    }
    if (!fits) continue;
    if (best == nullptr || RowsOf(graph->inputs[0]) < RowsOf(best->inputs[0])) {
      best = graph.get();
    }
  }
  return best;
}

absl::StatusOr<std::optional<CallGraphs::Outputs>> CallGraphs::Replay(
    DeviceLane* lane, const torch::jit::Stack& stack, bool stackable) const {
  Tensors inputs;
  for (size_t i = 1; i < stack.size(); ++i) {  // 0 is self
    if (!stack[i].isTensor()) return std::nullopt;
    inputs.push_back(stack[i].toTensor());
  }
  const Graph* const graph =
      inputs.empty() ? nullptr : Find(lane, inputs, stackable);
  if (graph == nullptr) return std::nullopt;

  const int64_t rows = RowsOf(inputs[0]);
  const int64_t all_rows = RowsOf(graph->inputs[0]);
  Outputs outputs;
  RETURN_IF_ERROR(TorchCall([&] {
    const c10::InferenceMode inference_mode;
    for (size_t i = 0; i < inputs.size(); ++i) {
      at::Tensor fixed = graph->inputs[i];
      if (inputs[i].sizes() != fixed.sizes()) fixed = fixed.narrow(0, 0, rows);
      fixed.copy_(inputs[i], /*non_blocking=*/true);
    }
  }));
  RETURN_IF_ERROR(graph->graph->Replay(lane->compute(StreamPriority::kNormal)));
  RETURN_IF_ERROR(TorchCall([&] {
    const c10::InferenceMode inference_mode;
    for (const NamedTensor& fixed : graph->outputs) {
      at::Tensor output = fixed.tensor;
      if (rows < all_rows) output = output.narrow(0, 0, rows);
      outputs.push_back({fixed.name, output.clone(), {}});
    }
  }));
  return outputs;
}

}  // namespace sconce
