// AnswerCheck: decides whether an answer is the right one.
#ifndef CLIENT_LOADTEST_PAYLOAD_ANSWER_CHECK_H_
#define CLIENT_LOADTEST_PAYLOAD_ANSWER_CHECK_H_

#include <grpcpp/support/byte_buffer.h>

#include <optional>
#include <string>

namespace sconce::load {

// Immutable; thread-safe.
class AnswerCheck {
 public:
  virtual ~AnswerCheck() = default;

  // What is wrong with `answer`, a ModelInferResponse, in one line: the output,
  // the element, what was expected and what came. Nothing when it is right.
  virtual std::optional<std::string> FaultOf(
      const grpc::ByteBuffer& answer) const = 0;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_ANSWER_CHECK_H_
