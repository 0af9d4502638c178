// PaddedRequest: a request some of whose dimensions are made longer, so that
// it shares a bucket with requests of other lengths.
#ifndef SERVER_BATCHING_PADDED_REQUEST_H_
#define SERVER_BATCHING_PADDED_REQUEST_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "server/core/infer_task.h"
#include "server/telemetry/servable_telemetry.h"
#include "server/tensor/padding.h"

namespace sconce {

// Runs in the place of another request, and answers it: outputs that have a
// padded length are cut back. Whoever made it releases it when a scheduler has
// accepted it; then it belongs to itself until it is finished.
class PaddedRequest : public InferTask {
 public:
  // Outlive the request.
  struct Context {
    absl::string_view model;  // for messages
    const PaddingRules* rules;
    ServableTelemetry* telemetry;
  };

  // Null when nothing of `whole` is to be padded: its lengths are allowed
  // ones, longer than all of them, or nothing would tell the model; the inputs
  // of a rule have different lengths; or padding would change which lengths are
  // equal, and so what the model makes of them. REQUIRES: the inputs of
  // `whole`, which outlives the result, were checked; their names are those of
  // the rules.
  static std::unique_ptr<PaddedRequest> Make(const Context& context,
                                             InferTask* whole);

  bool IsCancelled() const override { return whole_->IsCancelled(); }
  void Finish(absl::StatusOr<std::vector<OutputTensor>> outputs) override;

 private:
  // What one rule does; nothing if both are equal.
  struct Change {
    const PaddingRule* rule;
    int64_t from;
    int64_t to;
  };

  PaddedRequest(const Context& context, InferTask* whole);

  InputTensor* FindInput(const std::string& name);
  // False: the rule's inputs disagree. Adds nothing where they are absent.
  bool Plan(const PaddingRule& rule);
  bool KeepsLengthsApart() const;
  void Apply(const Change& change);
  void Pad(const PaddingRule& rule, size_t dimension, int64_t size,
           InputTensor* input);
  // Makes the lengths of `outputs` what they were.
  absl::Status Cut(std::vector<OutputTensor>* outputs) const;
  absl::Status CutOne(const TensorDimension& place, const Change& change,
                      OutputTensor* output) const;

  const Context context_;
  InferTask* const whole_;
  std::vector<Change> changes_;
  std::deque<std::vector<uint8_t>> paddings_;  // lie between the inputs' bytes
  int64_t added_ = 0;                          // elements of all inputs
};

}  // namespace sconce

#endif  // SERVER_BATCHING_PADDED_REQUEST_H_
