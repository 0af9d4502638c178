// OutputCheck: compares answers with tensors.
#ifndef CLIENT_LOADTEST_PAYLOAD_OUTPUT_CHECK_H_
#define CLIENT_LOADTEST_PAYLOAD_OUTPUT_CHECK_H_

#include <map>
#include <optional>
#include <string>

#include "client/loadtest/payload/answer_check.h"
#include "client/loadtest/payload/tensor.h"

namespace sconce::load {

struct ExpectedOutput {
  Tensor tensor;
  double tolerance = 0;  // floating values: times (1 + |expected|)
};

using ExpectedOutputs = std::map<std::string, ExpectedOutput>;  // by name

// Immutable; thread-safe.
class OutputCheck : public AnswerCheck {
 public:
  // Whether an answer may have outputs beside the expected ones.
  enum class Others { kAllowed, kWrong };

  // An answer is right when it has each output of `expected` with the same type
  // and shape, floating values within the tolerance, and other values that are
  // equal. NaN equals NaN.
  OutputCheck(ExpectedOutputs expected, Others others);

  // An answer whose outputs have the expected bytes costs no more than reading
  // them.
  std::optional<std::string> FaultOf(
      const grpc::ByteBuffer& answer) const override;

 private:
  const ExpectedOutputs expected_;
  const Others others_;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_OUTPUT_CHECK_H_
