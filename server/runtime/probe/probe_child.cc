#include "server/runtime/probe/probe_child.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>

#include "server/base/child_process.h"
#include "server/base/thread.h"
#include "server/batching/lane_pool.h"
#include "server/runtime/probe/probe_report.h"
#include "server/runtime/torch_process.h"
#include "server/telemetry/metrics.h"

namespace sconce {
namespace {

constexpr int kBadArguments = 2;

absl::Status Load(Loader* loader) {
  try {
    return loader->Load();
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("out of memory");
  }
}

void ReportBatching(Servable* servable, ProbeReportWriter* writer) {
  for (const std::string& method : servable->methods()) {
    for (const KindVerdict& verdict : servable->batching(method).kinds) {
      writer->Batching(method, verdict);
    }
  }
}

// What the server does for a model, with one lane. Nothing is put away after
// it: the process ends.
[[noreturn]] void LoadAndReport(const ProbeRequest& request) {
  ProbeReportWriter writer(kReportDescriptor);
  ServerMetrics metrics;
  // Not pinned: another probe would share the processor.
  LanePool lanes({.on_thread_start =
                      [threads = request.loader.threads_per_lane] {
                        InitTorchThread(threads);
                      },
                  .pinned = false});
  TorchLoaderOptions options = request.loader;
  options.lanes = &lanes;
  options.metrics = &metrics;
  options.file_is_proven = true;
  options.on_step = [&writer](absl::string_view step) { writer.Begin(step); };
  const auto loader = MakeTorchLoaderFactory(options)(request.spec);
  const absl::Status loaded = Load(loader.get());
  if (loaded.ok()) ReportBatching(loader->servable(), &writer);
  writer.End(loaded);
  _exit(EXIT_SUCCESS);
}

}  // namespace

int RunProbeChild(absl::Span<const std::string> arguments) {
  return RunOnLoadThread(arguments, LoadAndReport);
}

int RunOnLoadThread(absl::Span<const std::string> arguments,
                    const std::function<void(const ProbeRequest&)>& work) {
  const auto request = ReadProbeRequest(arguments);
  if (!request.ok()) {
    std::fprintf(stderr, "sconce-server: %s\n",
                 std::string(request.status().message()).c_str());
    return kBadArguments;
  }
  LimitProcess(request->limits);
  prctl(PR_SET_NAME, "sconce-probe");
  ConfigureLog(request->log_format, request->log_level);
  InitTorchFork();
  // Like the server's, a load thread has a small stack: what is nested too
  // deeply for it has to crash here.
  Thread("load-0", [&] { work(*request); }).Join();
  return EXIT_FAILURE;
}

}  // namespace sconce
