#include "server/runtime/example_tasks.h"

#include <ATen/core/Tensor.h>

#include <utility>

#include "server/runtime/module_optimizer.h"

namespace sconce {
namespace {

bool FitsBatch(const GoldenExample& example, int64_t max_batch_size) {
  if (max_batch_size == 0) return true;
  for (const GoldenTensor& input : example.inputs) {
    if (!input.shape.empty() && input.shape[0] > max_batch_size) return false;
  }
  return true;
}

}  // namespace

std::unique_ptr<WaitingTask> MakeGoldenTask(const GoldenExample& example,
                                            const MetadataMethod& method,
                                            const ModelSignature& signature) {
  if (!FitsBatch(example, signature.max_batch_size)) return nullptr;
  auto task = std::make_unique<WaitingTask>();
  task->method = example.method;
  const std::vector<std::string> names = InputNames(method);
  for (const GoldenTensor& input : example.inputs) {
    task->AddInput(ServedInputName(input.name, names, signature), input.type,
                   input.shape, {input.bytes.begin(), input.bytes.end()});
  }
  return task;
}

WaitingTasks GoldenTasks(const ArchiveMetadata& metadata,
                         const std::string& method,
                         const ModelSignature& signature) {
  WaitingTasks tasks;
  const auto described = metadata.methods.find(method);
  if (described == metadata.methods.end()) return tasks;
  for (const GoldenExample& example : metadata.examples) {
    if (example.method != method) continue;
    auto task = MakeGoldenTask(example, described->second, signature);
    if (task != nullptr) tasks.push_back(std::move(task));
  }
  return tasks;
}

WaitingTasks MadeUpTasks(const std::string& method,
                         const ModelSignature& signature) {
  WaitingTasks tasks;
  const std::vector<at::Tensor> values = MakeExamples(signature);
  if (values.size() != signature.inputs.size()) return tasks;
  auto task = std::make_unique<WaitingTask>();
  task->method = method;
  for (size_t i = 0; i < values.size(); ++i) {
    const TensorSpec& spec = signature.inputs[i];
    const auto* const begin =
        static_cast<const uint8_t*>(values[i].const_data_ptr());
    task->AddInput(spec.name, *spec.type,
                   Shape(values[i].sizes().begin(), values[i].sizes().end()),
                   {begin, begin + values[i].nbytes()});
  }
  tasks.push_back(std::move(task));
  return tasks;
}

std::vector<InferTask*> Pointers(const WaitingTasks& tasks) {
  std::vector<InferTask*> pointers;
  for (const auto& task : tasks) pointers.push_back(task.get());
  return pointers;
}

}  // namespace sconce
