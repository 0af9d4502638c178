#include "server/runtime/probe/model_inspection.h"

#include <nlohmann/json.hpp>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/serialization/python_print.h>

#include <sstream>
#include <utility>
#include <vector>

#include "server/base/status_macros.h"
#include "server/runtime/archive/archive_proof.h"
#include "server/runtime/archive/file_identity.h"
#include "server/runtime/module_file.h"
#include "server/runtime/torch_error.h"

namespace sconce {
namespace {

using Json = nlohmann::json;
using torch::jit::Module;

std::string CodeOf(const torch::jit::Function& function) {
  std::vector<at::IValue> constants;
  torch::jit::PrintDepsTable dependencies;
  torch::jit::PythonPrint print(constants, dependencies);
  print.printMethod(function);
  return print.str();
}

std::string SchemaOf(const torch::jit::Function& function) {
  std::ostringstream text;
  text << function.getSchema();
  return text.str();
}

Json MethodsToJson(const Module& module) {
  Json methods = Json::array();
  for (const torch::jit::Method& method : module.get_methods()) {
    // Without where a line came from: that may be the exporter's path.
    methods.push_back({{"name", method.name()},
                       {"schema", SchemaOf(method.function())},
                       {"code", CodeOf(method.function())},
                       {"graph", method.graph()->toString(false)}});
  }
  return methods;
}

Json TensorToJson(const std::string& name, const at::Tensor& tensor) {
  const auto bytes = tensor.numel() * static_cast<int64_t>(tensor.itemsize());
  return {{"name", name},
          {"dtype", c10::toString(tensor.scalar_type())},
          {"shape", tensor.sizes().vec()},
          {"requires_grad", tensor.requires_grad()},
          {"bytes", bytes}};
}

// A list of named tensors; those without a value are left out.
template <typename List>
Json TensorsToJson(const List& list) {
  Json tensors = Json::array();
  for (const auto& entry : list) {
    if (!entry.value.defined()) continue;
    tensors.push_back(TensorToJson(entry.name, entry.value));
  }
  return tensors;
}

Json ModuleToJson(const std::string& path, const Module& module) {
  const auto name = module.type()->name();
  return {{"path", path},
          {"type", name ? name->qualifiedName() : ""},
          {"training", module.hasattr("training") && module.is_training()},
          {"methods", MethodsToJson(module)},
          {"parameters", TensorsToJson(module.named_parameters(false))},
          {"buffers", TensorsToJson(module.named_buffers(false))}};
}

std::string ModelToJson(const Module& module) {
  Json modules = Json::array();
  for (const auto& part : module.named_modules()) {
    modules.push_back(ModuleToJson(part.name, part.value));
  }
  // Text that is no UTF-8 comes from the model.
  return Json{{"modules", std::move(modules)}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

absl::StatusOr<std::string> InspectArchive(
    const std::string& path, std::set<std::string> allowed_operators,
    const std::function<void(absl::string_view)>& on_step) {
  // Else a setter may do anything.
  allowed_operators.erase("__setstate__");
  on_step("proving");
  const FileIdentity file = IdentifyFile(path);
  RETURN_IF_ERROR(ProveArchive(path, OperatorPolicy(allowed_operators),
                               [](absl::string_view, MonoDuration) {})
                      .status());
  on_step("loading");
  ASSIGN_OR_RETURN(const Module module, LoadModule(path));
  if (!(IdentifyFile(path) == file)) {
    return absl::FailedPreconditionError(
        "the model file changed while it was read; inspect it again");
  }
  on_step("inspecting");
  std::string json;
  RETURN_IF_ERROR(TorchCall([&] { json = ModelToJson(module); }));
  return json;
}

}  // namespace sconce
