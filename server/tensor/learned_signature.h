// LearnedSignature: a model's signature that good requests complete.
#ifndef SERVER_TENSOR_LEARNED_SIGNATURE_H_
#define SERVER_TENSOR_LEARNED_SIGNATURE_H_

#include <memory>

#include "absl/types/span.h"

#include "server/base/mutex.h"
#include "server/tensor/signature.h"

namespace sconce {

// One tensor that went through the model. `spec`, the index in the signature,
// is used for inputs, `name` for outputs.
struct ObservedTensor {
  absl::string_view name;
  DataType type = DataType::kFp32;
  absl::Span<const int64_t> shape;
  size_t spec = 0;
};

// Thread-safe. Declared facts never change; an observed size that differs
// from an earlier one becomes -1, and with batching dimension 0 is always -1.
// Of what only clients' requests showed the rank is told, no sizes: else two
// replicas would describe one model differently.
class LearnedSignature {
 public:
  explicit LearnedSignature(ModelSignature initial);

  // What is known now; the result never changes.
  std::shared_ptr<const ModelSignature> Get() const ABSL_LOCKS_EXCLUDED(mu_);

  // From now on executions are clients'.
  void Open() ABSL_LOCKS_EXCLUDED(mu_);

  // The model takes any number of rows.
  void SetAnyRows() ABSL_LOCKS_EXCLUDED(mu_);

  // Takes in one successful execution. An output that a call did not have keeps
  // what is known of it.
  void Observe(absl::Span<const ObservedTensor> inputs,
               absl::Span<const ObservedTensor> outputs)
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  mutable Mutex mu_;
  bool open_ ABSL_GUARDED_BY(mu_) = false;
  std::shared_ptr<const ModelSignature> signature_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sconce

#endif  // SERVER_TENSOR_LEARNED_SIGNATURE_H_
