#include "server/batching/split_request.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/tensor/byte_cursor.h"
#include "server/tensor/join_rows.h"

namespace sconce {

class SplitRequest::Part : public InferTask {
 public:
  explicit Part(SplitRequest* owner) : owner_(owner) {}

  bool IsCancelled() const override { return owner_->IsOver(); }

  void Finish(absl::StatusOr<std::vector<OutputTensor>> outputs) override {
    const absl::Status status = outputs.status();
    if (outputs.ok()) answer_ = {rows, *std::move(outputs)};
    owner_->OnPartEnded(status);  // this may be gone now
  }

  RowsAnswer TakeAnswer() { return std::move(answer_); }

 private:
  SplitRequest* const owner_;
  RowsAnswer answer_;
};

absl::Status SplitRequest::Schedule(absl::string_view model, int64_t part_rows,
                                    InferTask* whole, Submit submit) {
  std::unique_ptr<SplitRequest, void (*)(SplitRequest*)> request(
      new SplitRequest(model, whole), [](SplitRequest* r) { delete r; });
  request->AddParts(part_rows);
  std::vector<InferTask*> parts;
  for (Part& part : request->parts_) parts.push_back(&part);
  const absl::Status submitted = submit(parts);
  // The parts' now, and maybe gone.
  if (submitted.ok()) static_cast<void>(request.release());
  return submitted;
}

SplitRequest::SplitRequest(absl::string_view model, InferTask* whole)
    : model_(model), whole_(whole) {}

SplitRequest::~SplitRequest() = default;

void SplitRequest::AddParts(int64_t part_rows) {
  for (int64_t left = whole_->rows; left > 0; left -= part_rows) {
    Part& part = parts_.emplace_back(this);
    part.method = whole_->method;
    part.requested_outputs = whole_->requested_outputs;
    part.deadline = whole_->deadline;
    part.priority = whole_->priority;
    part.trace = whole_->trace;
    part.rows = std::min(left, part_rows);
    part.inputs.reserve(whole_->inputs.size());
  }
  running_ = static_cast<int64_t>(parts_.size());
  for (size_t i = 0; i < whole_->inputs.size(); ++i) AddInput(i);
}

void SplitRequest::AddInput(size_t index) {
  const InputTensor& all = whole_->inputs[index];
  InputTensor piece = all;
  ByteCursor bytes(all.bytes);
  const size_t row_size = all.bytes.size() / static_cast<size_t>(whole_->rows);
  for (Part& part : parts_) {
    if (!all.by_value) {
      piece.shape[0] = part.rows;
      piece.bytes = ByteChunks();
      bytes.Take(static_cast<size_t>(part.rows) * row_size, &piece.bytes);
    }
    part.inputs.push_back(piece);
  }
}

bool SplitRequest::IsOver() const { return failed_ || whole_->IsCancelled(); }

void SplitRequest::OnPartEnded(const absl::Status& status) {
  if (!status.ok() && !failed_.exchange(true)) error_ = status;
  if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1) Answer();
}

void SplitRequest::Answer() {
  whole_->trace = JoinTraces();
  absl::StatusOr<std::vector<OutputTensor>> outputs = failed_ ? error_ : Join();
  InferTask* const whole = whole_;
  delete this;
  whole->Finish(std::move(outputs));
}

absl::StatusOr<std::vector<OutputTensor>> SplitRequest::Join() {
  const int64_t most = parts_.front().rows;
  std::vector<RowsAnswer> answers;
  for (Part& part : parts_) answers.push_back(part.TakeAnswer());
  auto joined = JoinRows(answers);
  if (joined.ok()) return joined;
  return absl::InvalidArgumentError(absl::StrCat(
      "the rows of the request ran in several executions, and their outputs "
      "cannot be joined: ",
      joined.status().message(), "; send at most ", most,
      " rows at once to model '", model_, "'"));
}

RequestTrace SplitRequest::JoinTraces() const {
  RequestTrace joined = parts_.front().trace;
  for (const Part& part : parts_) {
    const RequestTrace& trace = part.trace;
    if (trace.batch_start < joined.batch_start) {
      joined.batch_start = trace.batch_start;
      joined.forward_start = trace.forward_start;
    }
    joined.forward_end = std::max(joined.forward_end, trace.forward_end);
    joined.batch_end = std::max(joined.batch_end, trace.batch_end);
    joined.batch_rows = std::max(joined.batch_rows, trace.batch_rows);
  }
  return joined;
}

}  // namespace sconce
