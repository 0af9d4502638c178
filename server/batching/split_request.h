// SplitRequest: a request with more rows than one batch may have.
#ifndef SERVER_BATCHING_SPLIT_REQUEST_H_
#define SERVER_BATCHING_SPLIT_REQUEST_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "server/core/infer_task.h"

namespace sconce {

// Runs a request in parts, each a task of its own on a range of the rows, and
// answers it when all of them ended: with their outputs one under the other, or
// with the error that came first. What has not begun by then need not run.
// Parts end on any threads; the object belongs to itself until the last one
// did.
class SplitRequest {
 public:
  // Takes over all parts, or fails and takes none.
  using Submit =
      absl::FunctionRef<absl::Status(absl::Span<InferTask* const> parts)>;

  // Cuts `whole` into parts of `part_rows` rows, the last maybe of fewer, and
  // submits them in order. After OK whole->Finish() is called when all parts
  // ended; else `whole` is untouched, and the error is that of `submit`.
  // REQUIRES: the tensors of `whole` have whole->rows rows, and no row changes
  // the answer to another. `model`, for messages, outlives `whole`.
  static absl::Status Schedule(absl::string_view model, int64_t part_rows,
                               InferTask* whole, Submit submit);

  SplitRequest(const SplitRequest&) = delete;
  SplitRequest& operator=(const SplitRequest&) = delete;

 private:
  class Part;

  SplitRequest(absl::string_view model, InferTask* whole);
  ~SplitRequest();

  void AddParts(int64_t part_rows);
  // Gives each part its rows of input `index`.
  void AddInput(size_t index);

  // Whether nobody waits for the parts any more. Thread-safe.
  bool IsOver() const;
  void OnPartEnded(const absl::Status& status);
  // Ends `whole` and this.
  void Answer();
  absl::StatusOr<std::vector<OutputTensor>> Join();
  // From the first part that ran to the last.
  RequestTrace JoinTraces() const;

  const absl::string_view model_;
  InferTask* const whole_;
  std::deque<Part> parts_;
  std::atomic<int64_t> running_ = 0;  // parts that have not ended
  std::atomic<bool> failed_ = false;
  absl::Status error_;  // of whoever set failed_; read when all parts ended
};

}  // namespace sconce

#endif  // SERVER_BATCHING_SPLIT_REQUEST_H_
