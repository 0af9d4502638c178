#include "server/sources/placement_config.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "inference/model_config.pb.h"
#include "server/base/status_macros.h"

namespace sconce {
namespace {

using Group = inference::ModelInstanceGroup;

Placement::Kind KindOf(const Group& group) {
  switch (group.kind()) {
    case Group::KIND_CPU:
      return Placement::Kind::kCpu;
    case Group::KIND_GPU:
      return Placement::Kind::kGpu;
    default:
      return group.gpus().empty() ? Placement::Kind::kAuto
                                  : Placement::Kind::kGpu;
  }
}

absl::Status Check(const Group& group) {
  if (group.kind() == Group::KIND_CPU && !group.gpus().empty()) {
    return absl::InvalidArgumentError(
        "instance_group has KIND_CPU and gpus; leave one of them out");
  }
  if (group.count() < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "instance_group.count is ", group.count(), ", expected >= 0"));
  }
  for (const int gpu : group.gpus()) {
    if (gpu >= 0) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "instance_group.gpus holds ", gpu, ", expected an index >= 0"));
  }
  return absl::OkStatus();
}

// Of two groups: what one of them leaves open the other one says.
absl::StatusOr<Placement::Kind> Join(Placement::Kind a, Placement::Kind b) {
  if (a == b || b == Placement::Kind::kAuto) return a;
  if (a == Placement::Kind::kAuto) return b;
  return absl::InvalidArgumentError(
      "instance_group asks for KIND_CPU and KIND_GPU; a model runs on the "
      "processors or on devices: leave one of them out");
}

}  // namespace

absl::StatusOr<Placement> ReadPlacement(const inference::ModelConfig& config) {
  Placement placement;
  for (const Group& group : config.instance_group()) {
    RETURN_IF_ERROR(Check(group));
    ASSIGN_OR_RETURN(placement.kind, Join(placement.kind, KindOf(group)));
    placement.count = std::max(placement.count, group.count());
    placement.gpus.insert(placement.gpus.end(), group.gpus().begin(),
                          group.gpus().end());
  }
  std::sort(placement.gpus.begin(), placement.gpus.end());
  placement.gpus.erase(
      std::unique(placement.gpus.begin(), placement.gpus.end()),
      placement.gpus.end());
  return placement;
}

}  // namespace sconce
