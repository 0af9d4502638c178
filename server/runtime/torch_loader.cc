#include "server/runtime/torch_loader.h"

#include <torch/csrc/jit/serialization/import.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "server/base/status_macros.h"
#include "server/core/warmup.h"
#include "server/runtime/archive_inspector.h"
#include "server/runtime/forward.h"
#include "server/runtime/model_signature.h"
#include "server/runtime/module_optimizer.h"
#include "server/runtime/torch_error.h"
#include "server/runtime/torch_process.h"
#include "server/runtime/torch_servable.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

OptimizeMode ToMode(TorchLoaderOptions::Optimize optimize) {
  switch (optimize) {
    case TorchLoaderOptions::Optimize::kAuto:
      return OptimizeMode::kAuto;
    case TorchLoaderOptions::Optimize::kFreeze:
      return OptimizeMode::kFreeze;
    case TorchLoaderOptions::Optimize::kOff:
      return OptimizeMode::kOff;
  }
  return OptimizeMode::kOff;
}

class TorchLoader : public Loader {
 public:
  TorchLoader(ServableSpec spec, const TorchLoaderOptions& options)
      : spec_(std::move(spec)), options_(options) {}

  absl::Status Load() override {
    RETURN_IF_ERROR(spec_.status);
    InitTorchThread(options_.threads_per_lane);
    const MonoTime begin = Clock::Real()->Now();
    RETURN_IF_ERROR(MakeServable());
    WarmUp(servable_.get());
    servable_->telemetry()->StartCounting();
    LogInfo("model loaded",
            {{"model", spec_.id.model},
             {"version", spec_.id.version},
             {"seconds", ToSeconds(Clock::Real()->Now() - begin)}});
    return absl::OkStatus();
  }

  Servable* servable() override { return servable_.get(); }

  void Unload() override { servable_.reset(); }

 private:
  absl::Status MakeServable() {
    RETURN_IF_ERROR(CheckIsTorchScript(spec_.path));
    ASSIGN_OR_RETURN(torch::jit::Module module, ReadModule());
    ASSIGN_OR_RETURN(ForwardMethod saved, ForwardMethod::Create(module));
    ASSIGN_OR_RETURN(
        ModelSignature signature,
        MakeSignature(saved, ReadTracedInputs(spec_.path), spec_.config));
    ASSIGN_OR_RETURN(OptimizedModule optimized,
                     OptimizeModule(std::move(module), MakeExamples(signature),
                                    ToMode(options_.optimize)));
    LogInfo("model optimized", {{"model", spec_.id.model},
                                {"applied", optimized.applied},
                                {"reason", optimized.reason}});
    ASSIGN_OR_RETURN(ForwardMethod forward,
                     ForwardMethod::Create(std::move(optimized.module)));
    servable_ = std::make_unique<TorchServable>(
        spec_.id, spec_.config, std::move(forward), std::move(signature),
        options_.metrics->ForServable(spec_.id.model, spec_.id.version),
        options_.lanes);
    return absl::OkStatus();
  }

  absl::StatusOr<torch::jit::Module> ReadModule() {
    torch::jit::Module module;
    const absl::Status loaded = TorchCall([&] {
      torch::jit::ExtraFilesMap no_extra_files;
      module = torch::jit::load(spec_.path, at::kCPU, no_extra_files,
                                /*load_debug_files=*/false);
    });
    if (loaded.ok()) return module;
    // LibTorch's message may hold the path, which is not a client's business.
    return absl::Status(
        loaded.code(),
        absl::StrReplaceAll(loaded.message(), {{spec_.path, "the file"}}));
  }

  const ServableSpec spec_;
  const TorchLoaderOptions options_;
  std::unique_ptr<TorchServable> servable_;
};

}  // namespace

LoaderFactory MakeTorchLoaderFactory(const TorchLoaderOptions& options) {
  return [options](const ServableSpec& spec) {
    return std::make_unique<TorchLoader>(spec, options);
  };
}

}  // namespace sconce
