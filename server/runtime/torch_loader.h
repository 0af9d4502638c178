// TorchLoader: makes a servable out of a TorchScript archive.
#ifndef SERVER_RUNTIME_TORCH_LOADER_H_
#define SERVER_RUNTIME_TORCH_LOADER_H_

#include <set>
#include <string>

#include "server/base/clock.h"
#include "server/batching/lane_pool.h"
#include "server/core/loader.h"
#include "server/telemetry/metrics.h"

namespace sconce {

struct TorchLoaderOptions {
  enum class Optimize { kAuto, kFreeze, kOff };

  LanePool* lanes = nullptr;         // borrowed; outlives the servables
  ServerMetrics* metrics = nullptr;  // likewise
  Optimize optimize = Optimize::kAuto;
  int threads_per_lane = 1;  // as on the lanes, so that timings compare
  // Of one run, counted to the next round of a loop; zero is no limit.
  MonoDuration max_execution_time = MonoDuration::zero();
  // Operators that are open though server/doc/operators.md denies them.
  std::set<std::string> allowed_operators;
};

// A factory of loaders that recognise an archive by content, check its bytes
// and its operators, load it on the CPU, put its signature together, optimise
// it and warm it up.
LoaderFactory MakeTorchLoaderFactory(const TorchLoaderOptions& options);

}  // namespace sconce

#endif  // SERVER_RUNTIME_TORCH_LOADER_H_
