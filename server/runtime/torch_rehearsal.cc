#include "server/runtime/torch_rehearsal.h"

#include <ATen/Functions.h>
#include <torch/csrc/jit/serialization/import.h>

#include <sstream>

#include "server/runtime/graph_guards.h"
#include "server/runtime/module_optimizer.h"
#include "server/runtime/torch_error.h"

namespace sconce {
namespace {

constexpr char kCode[] =
    "def forward(self, x: Tensor) -> Tensor:\n"
    "  return torch.relu(torch.linear(x, self.weight, self.bias))\n";

void Rehearse() {
  torch::jit::Module model("rehearsal");
  model.register_parameter("weight", at::rand({8, 8}), /*is_buffer=*/false);
  model.register_parameter("bias", at::rand({8}), /*is_buffer=*/false);
  model.define(kCode);
  std::stringstream archive;
  model.save(archive);
  const torch::jit::Module loaded = torch::jit::load(archive, at::kCPU);
  AddGraphGuards(loaded);
  OptimizeModule(loaded, {at::rand({1, 8})}, OptimizeMode::kAuto)
      .status()
      .IgnoreError();
}

}  // namespace

// A failure makes nothing worse than without.
void RehearseLoad() { TorchCall(Rehearse).IgnoreError(); }

}  // namespace sconce
