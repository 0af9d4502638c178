#include "server/runtime/device_constants.h"

#include <torch/csrc/jit/ir/ir.h>

#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/runtime/module_graphs.h"

namespace sconce {
namespace {

using torch::jit::Module;
using torch::jit::Node;

using Lines = std::vector<std::string>;

bool IsDeviceConstant(const Node& node) {
  return node.kind() == c10::prim::Constant &&
         node.output()->type()->kind() == c10::TypeKind::DeviceObjType &&
         node.hasAttribute(c10::attr::value);
}

// "cpu" and "cpu:0" are one device; "cuda" is whichever is current.
bool ShouldMove(c10::Device named, c10::Device device) {
  if (named.is_meta() || named == device) return false;
  return !(named.is_cpu() && device.is_cpu());
}

// A constant that was folded at load has no place of its own, but those that
// use it have.
std::string Place(const Node& node) {
  auto place = node.sourceRange().file_line_col();
  for (const torch::jit::Use& use : node.output()->uses()) {
    if (place) break;
    place = use.user->sourceRange().file_line_col();
  }
  if (!place) return "the code";
  return absl::StrCat(std::get<0>(*place), ", line ", std::get<1>(*place));
}

void MoveConstants(const Module& module, c10::Device device, Lines* moved) {
  for (Node* node : AllNodes(module)) {
    if (!IsDeviceConstant(*node)) continue;
    const std::string named = node->s(c10::attr::value);
    if (!ShouldMove(c10::Device(named), device)) continue;
    node->s_(c10::attr::value, device.str());
    moved->push_back(absl::StrCat(named, " in ", Place(*node)));
  }
}

void MoveAttributes(Module part, c10::Device device, Lines* moved) {
  for (const auto& attribute : part.named_attributes(/*recurse=*/false)) {
    if (!attribute.value.isDevice()) continue;
    const c10::Device named = attribute.value.toDevice();
    if (!ShouldMove(named, device)) continue;
    part.setattr(attribute.name, device);
    moved->push_back(
        absl::StrCat(named.str(), " in the attribute ", attribute.name));
  }
}

}  // namespace

Lines MoveDeviceConstants(Module module, c10::Device device) {
  Lines moved;
  MoveConstants(module, device, &moved);
  for (const Module& part : module.modules()) {
    MoveAttributes(part, device, &moved);
  }
  return moved;
}

}  // namespace sconce
