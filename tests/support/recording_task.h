// RecordingTask: an InferTask that keeps its answer for the test.
#ifndef TESTS_SUPPORT_RECORDING_TASK_H_
#define TESTS_SUPPORT_RECORDING_TASK_H_

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "server/base/notification.h"
#include "server/core/infer_task.h"

namespace sconce {

// A later Finish() replaces the result of an earlier one.
class RecordingTask : public InferTask {
 public:
  bool IsCancelled() const override { return cancelled; }

  void Finish(absl::StatusOr<std::vector<OutputTensor>> outputs) override {
    result = std::move(outputs);
    done.Notify();
  }

  // Adds an FP32 input of `shape` filled with `value`.
  void AddInput(const std::string& name, const Shape& shape, float value) {
    values_.emplace_back(static_cast<size_t>(*ElementCount(shape)), value);
    const std::vector<float>& data = values_.back();
    inputs.push_back({name, DataType::kFp32, shape,
                      ByteChunks({reinterpret_cast<const uint8_t*>(data.data()),
                                  data.size() * sizeof(float)})});
    rows = shape.empty() ? 1 : shape[0];
  }

  std::atomic<bool> cancelled = false;
  Notification done;
  // Valid once `done` was notified.
  absl::StatusOr<std::vector<OutputTensor>> result =
      absl::UnknownError("not finished");

 private:
  std::vector<std::vector<float>> values_;
};

}  // namespace sconce

#endif  // TESTS_SUPPORT_RECORDING_TASK_H_
