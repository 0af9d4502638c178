#include "server/rpc/method_target.h"

#include <utility>

#include "absl/strings/string_view.h"

#include "server/base/status_macros.h"
#include "server/rpc/version_text.h"

namespace sconce {

absl::StatusOr<MethodTarget> FindTarget(const Manager& manager,
                                        const std::string& name,
                                        const std::string& version,
                                        Affinity affinity) {
  ASSIGN_OR_RETURN(VersionSelector selector, ParseModelVersion(version));
  selector.affinity = std::move(affinity);
  absl::StatusOr<ServableHandle> whole = manager.GetHandle(name, selector);
  const size_t colon = name.rfind(':');
  if (whole.ok() || colon == std::string::npos) {
    RETURN_IF_ERROR(whole.status());
    return MethodTarget{*std::move(whole), ""};
  }
  const absl::string_view model = absl::string_view(name).substr(0, colon);
  ASSIGN_OR_RETURN(ServableHandle servable, manager.GetHandle(model, selector));
  return MethodTarget{std::move(servable), name.substr(colon + 1)};
}

}  // namespace sconce
