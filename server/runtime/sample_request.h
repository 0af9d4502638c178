// SampleRequest: a request that a model can be tried with.
#ifndef SERVER_RUNTIME_SAMPLE_REQUEST_H_
#define SERVER_RUNTIME_SAMPLE_REQUEST_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"

#include "server/core/infer_task.h"

namespace sconce {

// Holds its bytes itself, so that it outlives the request it was copied from.
// Nobody waits for an answer. One thread at a time.
class SampleRequest : public InferTask {
 public:
  // A copy of the checked inputs of `request`.
  explicit SampleRequest(const InferTask& request);

  bool IsCancelled() const override { return false; }
  void Finish(absl::StatusOr<std::vector<OutputTensor>>) override {}

  // Requests of the same shapes with other values, such as `request` might
  // have had: numbers in another order, of another sign and scale, one
  // far away, one with a NaN; integers only between those that `request` holds
  // and 0. Values that are no tensors stay.
  // `seed` makes it repeatable. INTERNAL as TorchCall.
  static absl::StatusOr<std::vector<std::unique_ptr<SampleRequest>>> Vary(
      const SampleRequest& request, uint64_t seed);

  // The first row of `request` alone. REQUIRES: request.rows > 0.
  static std::unique_ptr<SampleRequest> FirstRow(const SampleRequest& request);

  // Whether all inputs hold the same bytes. REQUIRES: the same inputs.
  bool HasInputsOf(const InferTask& other) const;

 private:
  void SetBytes(size_t input, std::vector<uint8_t> bytes);

  std::vector<std::vector<uint8_t>> storage_;  // one per input
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_SAMPLE_REQUEST_H_
