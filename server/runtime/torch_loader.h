// TorchLoader: makes a servable out of a TorchScript archive.
#ifndef SERVER_RUNTIME_TORCH_LOADER_H_
#define SERVER_RUNTIME_TORCH_LOADER_H_

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "server/batching/lane_pool.h"
#include "server/core/loader.h"
#include "server/runtime/execution_limit.h"
#include "server/runtime/model_place.h"
#include "server/telemetry/metrics.h"

namespace sconce {

struct TorchLoaderOptions {
  enum class Optimize { kAuto, kFreeze, kOff };

  LanePool* lanes = nullptr;  // borrowed; outlives the servables
  // Where a servable is tried out and warmed up until its load is over;
  // borrowed likewise. With it loads run at a low priority. Null: `lanes`.
  LanePool* loading_lanes = nullptr;
  // Where a model with such a config runs. Null: on these lanes.
  std::function<absl::StatusOr<std::vector<ModelPlace>>(
      const ServableConfig&, const ServableLanes& cpu)>
      places;
  ServerMetrics* metrics = nullptr;  // likewise
  Optimize optimize = Optimize::kAuto;
  int threads_per_lane = 1;  // as on the lanes, so that timings compare
  ExecutionLimit limit;
  // Operators that are open though server/doc/operators.md denies them.
  std::set<std::string> allowed_operators;

  // Tries a model out where a crash costs nothing, when its file is proven and
  // before LibTorch sees it. Its failure is that of the load; what it found out
  // about batching is not asked again. May be null.
  std::function<absl::StatusOr<BatchingVerdicts>(const ServableSpec&)> probe;
  // Told what the load does next: "loading".
  std::function<void(absl::string_view)> on_step = [](absl::string_view) {};
  // Somebody else has checked the file: the one who asked for the probe.
  bool file_is_proven = false;
};

// A factory of loaders that recognise an archive by content, check its bytes
// and its operators, load it on the devices that it is for, put its signature
// together, optimise it and warm it up.
LoaderFactory MakeTorchLoaderFactory(const TorchLoaderOptions& options);

}  // namespace sconce

#endif  // SERVER_RUNTIME_TORCH_LOADER_H_
