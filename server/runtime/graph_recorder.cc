#include "server/runtime/graph_recorder.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

#include "server/base/status_macros.h"
#include "server/runtime/call_graphs.h"
#include "server/runtime/graph_shapes.h"
#include "server/runtime/torch_error.h"
#include "server/telemetry/log.h"
#include "server/tensor/shape.h"

namespace sconce {
namespace {

using Graphs = ServableConfig::Graphs;

// Less is noise, and not worth the memory that a graph keeps.
constexpr double kWorthwhile = 0.9;

// More rows have operators that take longer than adding them does.
constexpr int64_t kMostRows = 64;

// As of models: the rest is for batches.
constexpr double kPartForModels = 0.8;

std::vector<int64_t> RowCounts(int64_t most_rows) {
  const int64_t most = std::min(most_rows, kMostRows);
  std::vector<int64_t> counts;
  for (int64_t rows = 1; rows < most; rows *= 2) counts.push_back(rows);
  counts.push_back(most);
  return counts;
}

absl::StatusOr<CallGraphs::Tensors> TensorsOf(const ModuleMethod& method,
                                              InferTask* example) {
  ASSIGN_OR_RETURN(const torch::jit::Stack stack, method.Bind({&example, 1}));
  CallGraphs::Tensors tensors;
  for (size_t i = 1; i < stack.size(); ++i) {  // 0 is self
    if (!stack[i].isTensor()) {
      return absl::UnimplementedError("it takes values that are no tensors");
    }
    tensors.push_back(stack[i].toTensor());
  }
  return tensors;
}

// The first row of each, `rows` times.
absl::StatusOr<CallGraphs::Tensors> Repeat(const CallGraphs::Tensors& tensors,
                                           int64_t rows) {
  CallGraphs::Tensors repeated;
  RETURN_IF_ERROR(TorchCall([&] {
    for (const at::Tensor& tensor : tensors) {
      std::vector<int64_t> sizes = tensor.sizes().vec();
      sizes.at(0) = rows;
      repeated.push_back(tensor.narrow(0, 0, 1).expand(sizes).contiguous());
    }
  }));
  return repeated;
}

// A copy from memory of the host that CUDA may record with its address: after
// the call the memory is somebody else's, and a replay copies what is there. A
// comparison at load does not see it.
absl::Status CheckCopies(const ModuleMethod& method) {
  const std::string copier = method.CopierWithoutWaiting();
  if (copier.empty()) return absl::OkStatus();
  return absl::UnimplementedError(
      absl::StrCat("it copies with non_blocking (", copier,
                   "), and what was copied could be gone when the copy is "
                   "repeated; without non_blocking it can be recorded"));
}

// Of the first input, for the log.
std::string ShapeOf(const CallGraphs::Tensors& inputs) {
  if (inputs.empty()) return "";
  const c10::IntArrayRef sizes = inputs.front().sizes();
  return ShapeToString(absl::MakeConstSpan(sizes.data(), sizes.size()));
}

class Recorder {
 public:
  Recorder(const GraphRequest& request, MethodReplica* replica)
      : request_(request), replica_(replica) {}

  absl::Status Record() {
    if (replica_->lanes().device_lanes.empty()) {
      if (request_.wanted == Graphs::kAuto) return absl::OkStatus();
      return absl::UnimplementedError("the model runs on the processors");
    }
    if (request_.changes_itself) {
      return absl::UnimplementedError("the model changes itself");
    }
    if (request_.example == nullptr) {
      return absl::FailedPreconditionError(
          "there is nothing to call it with at load; export the model with "
          "examples, or declare all inputs and their sizes in config.pbtxt");
    }
    RETURN_IF_ERROR(CheckCopies(replica_->method()));
    ASSIGN_OR_RETURN(const CallGraphs::Tensors example,
                     TensorsOf(replica_->method(), request_.example));
    ASSIGN_OR_RETURN(const auto shapes,
                     PaddedExamples(example, Names(), request_.padding));
    for (const CallGraphs::Tensors& shape : shapes) {
      RETURN_IF_ERROR(RecordShape(shape));
    }
    return absl::OkStatus();
  }

 private:
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const InputTensor& input : request_.example->inputs) {
      names.push_back(input.name);
    }
    return names;
  }

  absl::Status RecordShape(const CallGraphs::Tensors& example) {
    if (request_.most_rows <= 1) return RecordOnLanes(example);
    for (const int64_t rows : RowCounts(request_.most_rows)) {
      ASSIGN_OR_RETURN(const CallGraphs::Tensors inputs, Repeat(example, rows));
      RETURN_IF_ERROR(RecordOnLanes(inputs));
    }
    return absl::OkStatus();
  }

  absl::Status CheckRoom(const Device& device) const {
    const DeviceMemoryUse use = device.memory();
    const int64_t kept = replica_->graphs()->memory();
    if (request_.wanted == Graphs::kOn || HasRoomForNextGraph(use, kept)) {
      return absl::OkStatus();
    }
    return absl::ResourceExhaustedError(absl::StrCat(
        "device '", device.name(), "' has ", use.allocated,
        " bytes in use, and with another call beside those that are recorded (",
        kept, " bytes) it could exceed four fifths of its limit of ", use.limit,
        "; with sconce.cuda_graphs 'on' it is recorded all the same"));
  }

  absl::Status RecordOnLanes(const CallGraphs::Tensors& inputs) {
    for (DeviceLane* lane : replica_->lanes().device_lanes) {
      RETURN_IF_ERROR(CheckRoom(*lane->device()));
      ASSIGN_OR_RETURN(const CallGraphs::Times times,
                       replica_->graphs()->Record(lane, inputs));
      const bool faster =
          ToSeconds(times.replayed) < kWorthwhile * ToSeconds(times.eager);
      LogInfo(
          "call recorded",
          {{"model", request_.id.model},
           {"method", replica_->method().name()},
           {"device", lane->device()->name()},
           {"rows", inputs.empty() || inputs[0].dim() == 0 ? int64_t{0}
                                                           : inputs[0].size(0)},
           {"shape", ShapeOf(inputs)},
           {"seconds", ToSeconds(times.replayed)},
           {"seconds_without", ToSeconds(times.eager)},
           {"kept", faster || request_.wanted == Graphs::kOn}});
      if (faster || request_.wanted == Graphs::kOn) continue;
      replica_->graphs()->DropLast();
      return absl::OkStatus();  // another lane of the device is no other
    }
    return absl::OkStatus();
  }

  const GraphRequest& request_;
  MethodReplica* const replica_;
};

}  // namespace

bool HasRoomForNextGraph(const DeviceMemoryUse& use, int64_t kept) {
  return static_cast<double>(use.allocated + 2 * kept) <=
         kPartForModels * static_cast<double>(use.limit);
}

void RecordGraphs(const GraphRequest& request, MethodReplica* replica) {
  const absl::Status recorded = Recorder(request, replica).Record();
  if (recorded.ok()) return;
  LogWarning("calls are not recorded in CUDA graphs; they run without",
             {{"model", request.id.model},
              {"method", replica->method().name()},
              {"graphs", static_cast<int64_t>(replica->graphs()->size())},
              {"reason", recorded.message()}});
}

}  // namespace sconce
