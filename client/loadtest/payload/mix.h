// Mix: what the load consists of.
#ifndef CLIENT_LOADTEST_PAYLOAD_MIX_H_
#define CLIENT_LOADTEST_PAYLOAD_MIX_H_

#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <string>
#include <vector>

#include "client/loadtest/payload/answer_check.h"

namespace sconce::load {

// One request, serialised once: a ModelInferRequest.
struct Payload {
  std::string name;                          // "golden example 2", "made up"
  grpc::ByteBuffer message;                  // sent as it is, many times
  std::shared_ptr<const AnswerCheck> check;  // null: any answer will do
};

// One kind of request: a model or method with inputs of one sort.
struct MixEntry {
  std::string name;   // of reports and of traces; unique
  std::string model;  // "net", "detector:predict_boxes"
  double weight = 1;  // its share of the requests, against the sum of all
  std::vector<Payload> payloads;  // sent in turns; not empty
};

// Immutable once the load runs; not empty.
using Mix = std::vector<MixEntry>;

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_MIX_H_
