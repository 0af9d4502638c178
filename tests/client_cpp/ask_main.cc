// sconce-client-ask: the C++ client as a program, for the conformance tests. It
// reads one JSON object a line and answers each with one.
//
//   {"call": "infer", "model": "net", "mode": "sync", "inputs": [{"name": "x",
//    "datatype": "FP32", "shape": [1, 2], "hex": "…"}], "parameters": {}}

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <condition_variable>
#include <deque>
#include <exception>
#include <iostream>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"

#include "sconce/client.h"

namespace sconce {
namespace {

using nlohmann::json;

json ToJson(const absl::Status& status) {
  return {{"code", absl::StatusCodeToString(status.code())},
          {"message", std::string(status.message())}};
}

std::string Hex(absl::Span<const uint8_t> bytes) {
  return absl::BytesToHexString(absl::string_view(
      reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

// Reads an output by each of the ways there are, which have to agree.
json OutputToJson(const InferResult& result, const std::string& name) {
  const auto view = result.Output(name);
  if (!view.ok()) return ToJson(view.status());
  std::vector<uint8_t> copied(view->bytes().size());
  const absl::Status copy =
      result.CopyOutput(name, absl::MakeSpan(copied.data(), copied.size()));
  if (!copy.ok()) return ToJson(copy);
  if (absl::MakeConstSpan(copied) != view->bytes()) {
    return ToJson(absl::InternalError("CopyOutput() and Output() differ"));
  }
  json output = {{"name", name},
                 {"datatype", std::string(DataTypeName(view->type()))},
                 {"shape", view->shape()},
                 {"hex", Hex(view->bytes())}};
  if (view->type() == DataType::kBytes) {
    const auto strings = view->Strings();
    if (!strings.ok()) return ToJson(strings.status());
    for (const absl::string_view text : *strings) {
      output["strings"].push_back(std::string(text));
    }
  }
  return output;
}

json ToJson(const absl::StatusOr<InferResult>& result) {
  if (!result.ok()) return ToJson(result.status());
  json answer = {{"code", "OK"},
                 {"id", result->id()},
                 {"model", result->model_name()},
                 {"version", result->model_version()},
                 {"timed", result->Parameter("queue_ns").has_value()},
                 {"outputs", json::array()}};
  for (const std::string& name : result->output_names()) {
    answer["outputs"].push_back(OutputToJson(*result, name));
  }
  return answer;
}

ParameterValue ParameterOf(const json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<int64_t>();
  if (value.is_number_float()) return value.get<double>();
  return value.get<std::string>();
}

// A request and the bytes that it borrows.
struct Question {
  explicit Question(const json& asked)
      : request(asked.at("model"), asked.value("version", "")) {
    for (const json& input : asked.value("inputs", json::array())) Add(input);
    for (const json& name : asked.value("outputs", json::array())) {
      request.AddOutput(name);
    }
    const json parameters = asked.value("parameters", json::object());
    for (const auto& [name, value] : parameters.items()) {
      request.SetParameter(name, ParameterOf(value));
    }
    request.SetId(asked.value("id", ""));
  }

  void Add(const json& input) {
    const std::vector<int64_t> shape = input.at("shape");
    if (input.contains("strings")) {
      const std::vector<std::string> strings = input["strings"];
      const std::vector<absl::string_view> views(strings.begin(),
                                                 strings.end());
      request.AddStrings(input.at("name"), views, shape);
      return;
    }
    const std::string& held = bytes.emplace_back(
        absl::HexStringToBytes(input.at("hex").get<std::string>()));
    const auto type = ParseDataType(input.at("datatype").get<std::string>());
    request.AddInput(
        input.at("name"),
        TensorView(
            type.value(), shape,
            absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(held.data()),
                                held.size())));
  }

  InferRequest request;
  std::deque<std::string> bytes;  // addresses stay
};

json InferWithCallback(Client& client, const Question& question,
                       const CallOptions& options) {
  std::mutex mu;
  std::condition_variable answered;
  std::optional<json> answer;
  client.InferAsync(question.request, options,
                    [&](absl::StatusOr<InferResult> result) {
                      const std::lock_guard<std::mutex> lock(mu);
                      answer = ToJson(result);
                      answered.notify_one();
                    });
  std::unique_lock<std::mutex> lock(mu);
  answered.wait(lock, [&] { return answer.has_value(); });
  return *answer;
}

CallOptions OptionsOf(const json& asked) {
  CallOptions options;
  options.timeout = absl::Seconds(asked.value("timeout", 60.0));
  return options;
}

json Infer(Client& client, const json& asked) {
  const Question question(asked);
  if (asked.value("mode", "sync") == "callback") {
    return InferWithCallback(client, question, OptionsOf(asked));
  }
  return ToJson(client.Infer(question.request, OptionsOf(asked)));
}

// All requests at once, then all answers.
json Stream(Client& client, const json& asked) {
  std::deque<Question> questions;
  InferStream stream = client.StartStream(OptionsOf(asked));
  json answers = json::array();
  for (const json& each : asked.at("requests")) {
    const Question& question = questions.emplace_back(each);
    const absl::Status sent = stream.Send(question.request);
    if (!sent.ok()) return ToJson(sent);
  }
  stream.CloseSend();
  while (true) {
    const auto result = stream.Receive();
    if (stream.ended()) {
      return {{"end", ToJson(result.status())}, {"answers", answers}};
    }
    answers.push_back(ToJson(result));
  }
}

// One step after the other; the last one ends the sequence.
json Steps(Client& client, const json& asked) {
  Sequence sequence = client.StartSequence(OptionsOf(asked));
  json answers = json::array();
  const json& steps = asked.at("requests");
  for (size_t i = 0; i < steps.size(); ++i) {
    const Question question(steps[i]);
    answers.push_back(
        ToJson(sequence.Infer(question.request, i + 1 == steps.size())));
  }
  return {{"answers", answers}};
}

json ToJson(const std::vector<TensorMetadata>& tensors) {
  json list = json::array();
  for (const auto& tensor : tensors) {
    list.push_back({{"name", tensor.name},
                    {"datatype", tensor.datatype},
                    {"shape", std::vector<int64_t>(tensor.shape.begin(),
                                                   tensor.shape.end())}});
  }
  return list;
}

json ToJson(const absl::StatusOr<bool>& answer) {
  if (!answer.ok()) return ToJson(answer.status());
  return {{"code", "OK"}, {"answer", *answer}};
}

json ModelMetadataOf(Client& client, const json& asked) {
  const auto metadata =
      client.GetModelMetadata(asked.at("model").get<std::string>());
  if (!metadata.ok()) return ToJson(metadata.status());
  return {{"code", "OK"},
          {"name", metadata->name},
          {"versions", metadata->versions},
          {"inputs", ToJson(metadata->inputs)},
          {"outputs", ToJson(metadata->outputs)}};
}

json ServerMetadataOf(Client& client) {
  const auto metadata = client.GetServerMetadata();
  if (!metadata.ok()) return ToJson(metadata.status());
  return {{"code", "OK"},
          {"name", metadata->name},
          {"extensions", metadata->extensions}};
}

json Answer(Client& client, const json& asked) {
  const std::string call = asked.at("call");
  if (call == "infer") return Infer(client, asked);
  if (call == "stream") return Stream(client, asked);
  if (call == "sequence") return Steps(client, asked);
  if (call == "live") return ToJson(client.IsServerLive());
  if (call == "ready") return ToJson(client.IsServerReady());
  if (call == "model_ready") {
    return ToJson(client.IsModelReady(asked.at("model").get<std::string>()));
  }
  if (call == "model_metadata") return ModelMetadataOf(client, asked);
  if (call == "server_metadata") return ServerMetadataOf(client);
  return {{"code", "INVALID_ARGUMENT"}, {"message", "no call " + call}};
}

int Run(const std::string& address) {
  auto client = Client::Create(address);
  if (!client.ok()) {
    std::cerr << client.status() << "\n";
    return 1;
  }
  std::string line;
  while (std::getline(std::cin, line)) {
    std::cout << Answer(*client, json::parse(line)) << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace sconce

int main(int argc, char** argv) {
  CLI::App app("Answers questions, one JSON object a line, by a server");
  std::string address;
  app.add_option("--address", address, "of the server")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    return sconce::Run(address);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
