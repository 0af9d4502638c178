#include "server/runtime/torch_loader.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "server/base/status_macros.h"
#include "server/base/thread.h"
#include "server/core/warmup.h"
#include "server/runtime/archive/archive_metadata.h"
#include "server/runtime/archive/archive_proof.h"
#include "server/runtime/archive/file_identity.h"
#include "server/runtime/archive/file_kind.h"
#include "server/runtime/archive_inspector.h"
#include "server/runtime/device_constants.h"
#include "server/runtime/example_tasks.h"
#include "server/runtime/execution_deadline.h"
#include "server/runtime/golden_replay.h"
#include "server/runtime/graph_guards.h"
#include "server/runtime/graph_policy.h"
#include "server/runtime/load_step_log.h"
#include "server/runtime/memory_estimate.h"
#include "server/runtime/model_precision.h"
#include "server/runtime/model_signature.h"
#include "server/runtime/module_bytes.h"
#include "server/runtime/module_file.h"
#include "server/runtime/module_method.h"
#include "server/runtime/module_optimizer.h"
#include "server/runtime/torch_error.h"
#include "server/runtime/torch_process.h"
#include "server/runtime/torch_servable.h"
#include "server/telemetry/log.h"

namespace sconce {
namespace {

// How many times --max-execution-time all trials of OptimizeModule() may take
// before a loop of theirs is interrupted.
constexpr int kTrialTimes = 2;

// A device loads its kernels when they run first, which may take seconds; the
// next sizes have them.
constexpr auto kLongRunOnDevice = std::chrono::seconds(5);

// What optimize_for_inference does is for the CPU.
OptimizeMode ModeFor(c10::Device device,
                     TorchLoaderOptions::Optimize optimize) {
  switch (optimize) {
    case TorchLoaderOptions::Optimize::kAuto:
      return device.is_cpu() ? OptimizeMode::kAuto : OptimizeMode::kFreeze;
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
      : spec_(std::move(spec)),
        options_(options),
        log_(spec_.id, options_.on_step) {}

  MemoryNeed EstimateMemory() override {
    std::vector<std::string> devices;
    // A placement that cannot be is an error of Load().
    for (const ModelPlace& place : Places().value_or(NoPlaces())) {
      if (place.device != nullptr) devices.push_back(place.device->name());
    }
    return EstimateArchiveMemory(spec_.path, options_.probe != nullptr,
                                 std::move(devices));
  }

  absl::Status Load() override {
    RETURN_IF_ERROR(spec_.status);
    if (options_.loading_lanes != nullptr) Thread::LowerCurrentPriority();
    InitTorchThread(options_.threads_per_lane);
    const MonoTime begin = Clock::Real()->Now();
    const absl::Status loaded = DoSteps();
    log_.End();
    if (!loaded.ok()) {  // its memory is of no use any more
      servable_.reset();
      metadata_.reset();
      return loaded;
    }
    servable_->Open();
    LogInfo("model loaded",
            {{"model", spec_.id.model},
             {"version", spec_.id.version},
             {"devices", absl::StrJoin(devices_, ",")},
             {"seconds", ToSeconds(Clock::Real()->Now() - begin)}});
    return absl::OkStatus();
  }

  int64_t additional_device_bytes() const override {
    int64_t most = 0;
    for (const auto& [device, bytes] : servable_->graphs_bytes()) {
      most = std::max(most, bytes);
    }
    return most;
  }

  LoadSteps steps() const override { return log_.steps(); }

  Servable* servable() override { return servable_.get(); }

  void Unload() override { servable_.reset(); }

 private:
  absl::Status DoSteps() {
    RETURN_IF_ERROR(MakeServable());
    log_.Begin("replaying golden examples");
    int64_t compared = 0;
    for (size_t i = 0; i < devices_.size(); ++i) {
      servable_->UseOnly(i);  // each has its own weights
      ASSIGN_OR_RETURN(compared, ReplayGoldens(devices_[i]));
    }
    servable_->UseOnly(std::nullopt);
    if (compared == 0) precision_->WarnUnproven();
    for (const std::string& method : servable_->methods()) {
      RETURN_IF_ERROR(Prepare(method));
    }
    metadata_.reset();
    return absl::OkStatus();
  }

  absl::Status MakeServable() {
    RETURN_IF_ERROR(ReadFile());
    RETURN_IF_ERROR(Probe());
    ASSIGN_OR_RETURN(std::vector<ModelPlace> places, Places());
    WarnOfPlaces(places);
    traced_ = ReadTracedInputs(spec_.path);
    std::vector<OptimizedModule> modules;
    for (const ModelPlace& place : places) {
      ASSIGN_OR_RETURN(OptimizedModule module, LoadOn(DeviceOf(place)));
      const bool changes_itself = !module.changed.empty();
      modules.push_back(std::move(module));
      if (place.device != nullptr) {
        RETURN_IF_ERROR(place.device->Synchronize());
      }
      if (changes_itself) break;  // what it remembers is in one place
    }
    places.resize(modules.size());
    return MakeServable(places, modules);
  }

  absl::Status MakeServable(const std::vector<ModelPlace>& places,
                            const std::vector<OptimizedModule>& modules) {
    std::vector<ServableLanes> lanes;
    for (const ModelPlace& place : places) lanes.push_back(place.lanes);
    on_device_ = places.front().device != nullptr;
    lanes_ = lanes.size() * static_cast<size_t>(lanes[0].loading->lanes());
    servable_ = std::make_unique<TorchServable>(
        spec_.id, precision_->InForce(spec_.config),
        options_.metrics->ForServable(spec_.id.model, spec_.id.version),
        std::move(lanes), options_.limit, StatesOf(modules.front()));
    for (size_t i = 0; i < modules.size(); ++i) {
      const int64_t bytes = ModuleBytes(modules[i].module);
      devices_.push_back(NameOf(places[i]));
      servable_->telemetry()->RecordWeights(devices_.back(), bytes);
      if (i == 0) servable_->SetMemory(bytes);
    }
    return AddMethods(places, modules);
  }

  absl::StatusOr<std::vector<ModelPlace>> Places() const {
    const ServableLanes cpu = {options_.lanes, LoadingLanes()};
    if (options_.places) return options_.places(spec_.config, cpu);
    return std::vector<ModelPlace>{{nullptr, cpu}};
  }

  void WarnOfPlaces(const std::vector<ModelPlace>& places) const {
    const Placement& wanted = spec_.config.placement;
    const bool wants_gpu =
        wanted.kind == Placement::Kind::kGpu || !wanted.gpus.empty();
    if (!wants_gpu || places.front().device != nullptr) return;
    LogWarning(
        "instance_group wants GPUs, and the server uses none; the model "
        "runs on the processors",
        {{"model", spec_.id.model}, {"version", spec_.id.version}});
  }

  static std::vector<ModelPlace> NoPlaces() { return {}; }

  static std::string NameOf(const ModelPlace& place) {
    return place.device == nullptr ? "cpu" : place.device->name();
  }

  static c10::Device DeviceOf(const ModelPlace& place) {
    return place.device == nullptr ? c10::Device(c10::kCPU)
                                   : c10::Device(place.device->torch_name());
  }

  absl::StatusOr<OptimizedModule> LoadOn(c10::Device device) {
    log_.Begin("loading");
    ASSIGN_OR_RETURN(torch::jit::Module module, LoadModule(spec_.path, device));
    RETURN_IF_ERROR(CheckIsProven(module));
    RETURN_IF_ERROR(TorchCall([&] {
      MoveDevices(module, device);
      Guard(module);
    }));
    ASSIGN_OR_RETURN(std::vector<at::Tensor> examples, ExamplesFor(module));
    RETURN_IF_ERROR(TorchCall([&] {
      for (at::Tensor& example : examples) example = example.to(device);
    }));
    log_.Begin("optimizing");
    const ExecutionDeadline trials(
        After(Clock::Real()->Now(), kTrialTimes * options_.limit.time));
    ASSIGN_OR_RETURN(
        precision_,
        ModelPrecision::Apply(spec_, device, metadata_ ? &*metadata_ : nullptr,
                              module, examples));
    ASSIGN_OR_RETURN(OptimizedModule optimized,
                     OptimizeModule(std::move(module), examples,
                                    ModeFor(device, options_.optimize),
                                    precision_->PolicyFor("forward")));
    RETURN_IF_ERROR(precision_->Check(optimized));
    LogInfo("model optimized", {{"model", spec_.id.model},
                                {"device", device.str()},
                                {"applied", optimized.applied},
                                {"reason", optimized.reason}});
    return optimized;
  }

  absl::Status Probe() {
    if (!options_.probe) return absl::OkStatus();
    const MonoTime begin = Clock::Real()->Now();
    auto proven = options_.probe(spec_);
    log_.Record("probing", Clock::Real()->Now() - begin);
    if (proven.ok()) verdicts_ = *std::move(proven);
    return proven.status();
  }

  // This and Guard(): before the first run, and before a pass copies the code.
  void MoveDevices(const torch::jit::Module& module, c10::Device device) const {
    const auto moved = MoveDeviceConstants(module, device);
    if (moved.empty()) return;
    LogWarning("the model's code names other devices; they were replaced",
               {{"model", spec_.id.model},
                {"device", device.str()},
                {"count", static_cast<int64_t>(moved.size())},
                {"first", moved.front()}});
  }

  void Guard(const torch::jit::Module& module) const {
    const GraphGuards guards = AddGraphGuards(module);
    LogDebug("model guarded", {{"model", spec_.id.model},
                               {"loops", guards.loops},
                               {"divisions", guards.divisions}});
  }

  // What forward can be tried with; nothing when it cannot be called.
  absl::StatusOr<std::vector<at::Tensor>> ExamplesFor(
      const torch::jit::Module& module) const {
    const auto forward = ModuleMethod::Create(module);
    if (!forward.ok()) return std::vector<at::Tensor>();
    ASSIGN_OR_RETURN(const ModelSignature signature,
                     MakeSignature(*forward, nullptr, traced_, spec_.config));
    return MakeExamples(signature);
  }

  absl::Status AddMethods(const std::vector<ModelPlace>& places,
                          const std::vector<OptimizedModule>& modules) {
    absl::Status uncallable = absl::InvalidArgumentError(
        "the module has no method; define forward, or mark a method with "
        "@torch.jit.export");
    bool callable = false;
    for (const std::string& name : PublicMethods(modules.front().module)) {
      auto methods = MethodOn(places, modules, name);
      if (methods.ok()) {
        RETURN_IF_ERROR(AddMethod(*std::move(methods)));
        callable = true;
      } else {
        uncallable = methods.status();
        LogWarning("method cannot be called",
                   {{"model", spec_.id.model},
                    {"method", name},
                    {"reason", uncallable.message()}});
        servable_->AddUncallable(name, uncallable);
      }
    }
    return callable ? absl::OkStatus() : uncallable;
  }

  // Proves the file and reads what it says beside the module.
  absl::Status ReadFile() {
    file_ = IdentifyFile(spec_.path);
    ASSIGN_OR_RETURN(const ZipArchive archive, ProveFile());
    ASSIGN_OR_RETURN(metadata_, ReadArchiveMetadata(archive));
    return absl::OkStatus();
  }

  // How many examples were compared.
  absl::StatusOr<int64_t> ReplayGoldens(const std::string& device) {
    if (!metadata_) return 0;
    if (!metadata_->mismatches.empty()) {
      LogWarning(
          "the export allowed differences; its golden examples prove "
          "nothing and are passed over",
          {{"model", spec_.id.model},
           {"difference", metadata_->mismatches.front()}});
      return 0;
    }
    const MonoTime begin = Clock::Real()->Now();
    ASSIGN_OR_RETURN(const GoldenReplay replay,
                     ReplayExamples(*metadata_, precision_->settings(),
                                    on_device_, servable_.get()));
    LogInfo("golden examples replayed",
            {{"model", spec_.id.model},
             {"device", device},
             {"examples", static_cast<int64_t>(metadata_->examples.size())},
             {"largest_difference", replay.deviation.absolute},
             {"of_largest_value", replay.deviation.relative},
             {"seconds", ToSeconds(Clock::Real()->Now() - begin)}});
    return replay.compared;
  }

  // Null for a module that does not change itself.
  std::unique_ptr<const ModuleStates> StatesOf(
      const OptimizedModule& module) const {
    if (module.changed.empty()) return nullptr;
    LogInfo("the model changes itself; each sequence has a state of its own",
            {{"model", spec_.id.model},
             {"attributes", static_cast<int64_t>(module.changed.size())},
             {"first", *module.changed.begin()}});
    return std::make_unique<ModuleStates>(module.module, module.changed);
  }

  // Tries `method` with golden examples, else with what can be made up.
  absl::Status Prepare(const std::string& method) {
    ASSIGN_OR_RETURN(const auto signature, servable_->signature(method));
    WaitingTasks examples;
    if (metadata_) examples = GoldenTasks(*metadata_, method, *signature);
    if (examples.empty()) examples = MadeUpTasks(method, *signature);
    // After the examples are made: then the signature may lose sizes.
    const auto verdict = verdicts_.find(method);
    if (verdict != verdicts_.end()) {
      servable_->AdoptBatching(method, verdict->second);
    }
    if (examples.empty()) {
      servable_->RecordGraphs(method, nullptr);
      return absl::OkStatus();
    }
    log_.Begin("checking batches");
    RETURN_IF_ERROR(servable_->TryExamples(method, Pointers(examples)));
    log_.Begin("warming up");
    const int64_t times =
        WarmUp(servable_.get(), *examples.front(), WarmUpLimitsOf(method));
    servable_->WarmLanes(method, *examples.front(), times);
    if (spec_.config.graphs != ServableConfig::Graphs::kOff) {
      log_.Begin("recording graphs");
      servable_->RecordGraphs(method, examples.front().get());
    }
    return absl::OkStatus();
  }

  WarmUpLimits WarmUpLimitsOf(const std::string& method) const {
    WarmUpLimits limits = {.most_rows = servable_->max_rows(method),
                           .at_once = static_cast<int>(lanes_)};
    if (on_device_) limits.long_run = kLongRunOnDevice;
    return limits;
  }

  LanePool* LoadingLanes() const {
    return options_.loading_lanes != nullptr ? options_.loading_lanes
                                             : options_.lanes;
  }

  // What the archive says about a method; null when it says nothing.
  const MetadataMethod* MetadataOf(const std::string& method) const {
    if (!metadata_) return nullptr;
    const auto found = metadata_->methods.find(method);
    return found == metadata_->methods.end() ? nullptr : &found->second;
  }

  absl::StatusOr<std::vector<ModuleMethod>> MethodOn(
      const std::vector<ModelPlace>& places,
      const std::vector<OptimizedModule>& modules,
      const std::string& name) const {
    std::vector<ModuleMethod> methods;
    for (size_t i = 0; i < modules.size(); ++i) {
      ASSIGN_OR_RETURN(ModuleMethod method,
                       ModuleMethod::Create(modules[i].module, name,
                                            precision_->PolicyFor(name),
                                            DeviceOf(places[i])));
      methods.push_back(std::move(method));
    }
    return methods;
  }

  // The config file and the traced examples speak of forward.
  absl::Status AddMethod(std::vector<ModuleMethod> methods) {
    const ModuleMethod& method = methods.front();
    const bool is_forward = method.name() == "forward";
    ASSIGN_OR_RETURN(
        ModelSignature signature,
        MakeSignature(method, MetadataOf(method.name()),
                      is_forward ? traced_ : std::vector<TracedInput>(),
                      is_forward ? spec_.config : ServableConfig()));
    servable_->AddMethod(std::move(methods), std::move(signature));
    return absl::OkStatus();
  }

  // What is looked at before LibTorch sees the file.
  absl::StatusOr<ZipArchive> ProveFile() {
    if (options_.file_is_proven) return OpenTorchScript(spec_.path);
    return ProveArchive(spec_.path, OperatorPolicy(options_.allowed_operators),
                        [this](absl::string_view step, MonoDuration took) {
                          log_.Record(step, took);
                        });
  }

  // Whether what LibTorch has loaded is what was looked at.
  absl::Status CheckIsProven(const torch::jit::Module& module) const {
    if (!(IdentifyFile(spec_.path) == file_)) {
      return absl::FailedPreconditionError(
          "the model file changed while it was loaded; write the new one "
          "beside it, rename it into its place when it is complete, and load "
          "the model again");
    }
    absl::Status checked;
    RETURN_IF_ERROR(TorchCall([&] {
      checked = CheckGraphs(module, OperatorPolicy(options_.allowed_operators));
    }));
    return checked;
  }

  const ServableSpec spec_;
  const TorchLoaderOptions options_;
  LoadStepLog log_;
  FileIdentity file_;  // before it was proven
  std::optional<ArchiveMetadata> metadata_;
  std::vector<TracedInput> traced_;  // of forward
  BatchingVerdicts verdicts_;        // of the probe
  size_t lanes_ = 1;                 // threads of those for loads
  bool on_device_ = false;
  std::vector<std::string> devices_;  // names, in the order of the lanes
  std::optional<ModelPrecision> precision_;
  std::unique_ptr<TorchServable> servable_;
};

}  // namespace

LoaderFactory MakeTorchLoaderFactory(const TorchLoaderOptions& options) {
  return [options](const ServableSpec& spec) {
    return std::make_unique<TorchLoader>(spec, options);
  };
}

}  // namespace sconce
