// InferRequest: what is asked of a model.
#ifndef CLIENT_CPP_INCLUDE_SCONCE_INFER_REQUEST_H_
#define CLIENT_CPP_INCLUDE_SCONCE_INFER_REQUEST_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "sconce/parameter.h"
#include "sconce/tensor_view.h"

namespace sconce {
inline namespace client {

// Model, inputs, wanted outputs and parameters of one request:
//
//   InferRequest request("net");
//   request.AddInput("x", TensorView::Of(pixels, {1, 3, 224, 224}));
//
// Can be sent any number of times, from several threads at once as long as none
// of them changes it.
class InferRequest {
 public:
  struct Input {
    std::string name;
    TensorView tensor;
    std::shared_ptr<const void> owner;
  };

  // `model` may name a method: "net:embed". `version` is a number or an alias;
  // "" lets the server choose.
  explicit InferRequest(std::string model, std::string version = "");

  // Adds a tensor whose bytes are borrowed and, from 4 KiB on, sent from where
  // they are. They have to stay, unchanged, until Infer() returns, the callback
  // is called, or a stream has answered this request or ended.
  InferRequest& AddInput(std::string name, const TensorView& tensor);

  // The same for bytes that belong to `owner`, which the request and the calls
  // with it keep alive; a call then ends at its deadline even where the network
  // still holds on to the bytes.
  InferRequest& AddInput(std::string name, const TensorView& tensor,
                         std::shared_ptr<const void> owner);

  // Adds a BYTES tensor. The strings are copied.
  InferRequest& AddStrings(std::string name,
                           absl::Span<const absl::string_view> values,
                           absl::Span<const int64_t> shape);

  // Asks for this output. Without any the server answers with all.
  InferRequest& AddOutput(std::string name);

  // Comes back in the result.
  InferRequest& SetId(std::string id);

  // 1 is first; what the levels mean is the model's configuration.
  InferRequest& SetPriority(uint64_t priority);

  // A parameter of the protocol ("timings", "sconce.traffic_key") or, for
  // models whose methods take numbers and strings, an argument.
  InferRequest& SetParameter(std::string name, ParameterValue value);

  // Makes the request a step of a sequence of a model that remembers. Such
  // requests are never sent twice. Client::StartSequence() does this itself.
  InferRequest& SetSequence(uint64_t id, bool start, bool end);

  const std::string& model() const { return model_; }
  const std::string& version() const { return version_; }
  const std::string& id() const { return id_; }
  const std::vector<Input>& inputs() const { return inputs_; }
  const std::vector<std::string>& outputs() const { return outputs_; }
  const std::map<std::string, ParameterValue>& parameters() const {
    return parameters_;
  }

  // Whether it belongs to a sequence.
  bool in_sequence() const;

 private:
  std::string model_;
  std::string version_;
  std::string id_;
  std::vector<Input> inputs_;
  std::vector<std::string> outputs_;
  std::map<std::string, ParameterValue> parameters_;
};

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_INCLUDE_SCONCE_INFER_REQUEST_H_
