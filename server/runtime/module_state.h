// ModuleState: what a module remembers, kept apart for each sequence.
#ifndef SERVER_RUNTIME_MODULE_STATE_H_
#define SERVER_RUNTIME_MODULE_STATE_H_

#include <ATen/core/ivalue.h>
#include <torch/csrc/jit/api/module.h>

#include <memory>
#include <set>
#include <string>

#include "server/batching/batch.h"

namespace sconce {

// The module as one sequence sees it: attributes that the code changes are its
// own, everything else is shared with the module that was loaded. One thread
// at a time.
class ModuleState : public ModelState {
 public:
  explicit ModuleState(c10::intrusive_ptr<c10::ivalue::Object> self)
      : self_(std::move(self)) {}

  // What the module's methods are called on.
  const c10::intrusive_ptr<c10::ivalue::Object>& self() const { return self_; }

 private:
  const c10::intrusive_ptr<c10::ivalue::Object> self_;
};

// Makes the states of one module. Never runs or changes the module itself, so
// that it stays as it was loaded. Thread-safe.
class ModuleStates {
 public:
  // `changed`: the attributes that the code changes, as named_attributes()
  // calls them ("encoder.hidden").
  ModuleStates(torch::jit::Module module, std::set<std::string> changed);

  // A copy of `state`, or of what was loaded when there is none. Throws as
  // LibTorch does.
  std::unique_ptr<ModuleState> Copy(const ModelState* state) const;

 private:
  using Object = c10::intrusive_ptr<c10::ivalue::Object>;

  const torch::jit::Module module_;
  const std::set<std::string> changed_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_MODULE_STATE_H_
