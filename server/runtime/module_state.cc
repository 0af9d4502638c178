#include "server/runtime/module_state.h"

#include <ATen/core/jit_type.h>

#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sconce {
namespace {

using Object = c10::intrusive_ptr<c10::ivalue::Object>;

// Copies a tree of submodules along the paths of `changed`. A submodule or a
// value that is reached by two paths is copied once, as it is one thing.
class Copier {
 public:
  explicit Copier(const std::set<std::string>& changed) : changed_(changed) {}

  // `prefix`: the path to `object`, with a point at its end.
  Object Copy(const Object& object, const std::string& prefix) {
    Object& copy = objects_[object.get()];
    if (copy == nullptr) copy = object->copy();
    const auto type = object->type();
    for (size_t i = 0; i < object->slots().size(); ++i) {
      const std::string path = prefix + type->getAttributeName(i);
      const c10::IValue& value = object->getSlot(i);
      if (changed_.contains(path)) {
        copy->setSlot(i, value.deepcopy(values_));
      } else if (value.isObject() && HasChangedBelow(path)) {
        copy->setSlot(i, Copy(value.toObject(), absl::StrCat(path, ".")));
      }
    }
    return copy;
  }

 private:
  bool HasChangedBelow(const std::string& path) const {
    const std::string prefix = path + ".";
    const auto next = changed_.lower_bound(prefix);
    return next != changed_.end() && next->starts_with(prefix);
  }

  const std::set<std::string>& changed_;
  std::unordered_map<const c10::ivalue::Object*, Object> objects_;
  c10::IValue::HashIdentityIValueMap values_;
};

}  // namespace

ModuleStates::ModuleStates(torch::jit::Module module,
                           std::set<std::string> changed)
    : module_(std::move(module)), changed_(std::move(changed)) {}

std::unique_ptr<ModuleState> ModuleStates::Copy(const ModelState* state) const {
  const Object& from = state == nullptr
                           ? module_._ivalue()
                           : static_cast<const ModuleState*>(state)->self();
  return std::make_unique<ModuleState>(Copier(changed_).Copy(from, ""));
}

}  // namespace sconce
