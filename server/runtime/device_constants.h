// Devices that a module's code names, because it was traced or written there.
#ifndef SERVER_RUNTIME_DEVICE_CONSTANTS_H_
#define SERVER_RUNTIME_DEVICE_CONSTANTS_H_

#include <c10/core/Device.h>
#include <torch/csrc/jit/api/module.h>

#include <string>
#include <vector>

namespace sconce {

// Makes all constants and attributes that name a device name `device`, on
// which the module was loaded; only "meta", where nothing is computed, stays.
// torch::jit::load moves the tensors but not these. Returns one line for each
// that was changed: "cuda:0 in code/__torch__.py, line 5".
// REQUIRES: nothing of the module has run yet; it is not frozen.
std::vector<std::string> MoveDeviceConstants(torch::jit::Module module,
                                             c10::Device device);

}  // namespace sconce

#endif  // SERVER_RUNTIME_DEVICE_CONSTANTS_H_
