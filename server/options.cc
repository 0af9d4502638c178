#include "server/options.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

#include "server/base/status_macros.h"
#include "server/option_values.h"
#include "server/version.h"

namespace sconce {
namespace {

constexpr char kModels[] = "Models";
constexpr char kNetwork[] = "Network";
constexpr char kExecution[] = "Execution";
constexpr char kLogging[] = "Logging";

// A flag whose text `read` understands, or says why it does not.
CLI::Option* AddRead(CLI::App* app, const std::string& flag,
                     std::function<absl::Status(const std::string&)> read,
                     const std::string& help) {
  const auto parse = [flag, read = std::move(read)](const std::string& text) {
    const absl::Status status = read(text);
    if (status.ok()) return;
    throw CLI::ValidationError(flag, std::string(status.message()));
  };
  return app->add_option_function<std::string>(flag, parse, help);
}

CLI::Option* AddDuration(CLI::App* app, const std::string& flag,
                         absl::Duration* value, const std::string& help) {
  const auto read = [value](const std::string& text) -> absl::Status {
    ASSIGN_OR_RETURN(*value, DurationOf(text));
    return absl::OkStatus();
  };
  return AddRead(app, flag, read, help)
      ->type_name("DURATION")
      ->default_str(absl::FormatDuration(*value));
}

void AddProbeFlag(CLI::App* app, ServerOptions* o) {
  const auto read = [o](const std::string& text) -> absl::Status {
    ASSIGN_OR_RETURN(const auto limit,
                     ProbeLimitOf(text, o->model_probe_timeout));
    o->model_probe = limit.has_value();
    if (limit) o->model_probe_timeout = *limit;
    return absl::OkStatus();
  };
  AddRead(app, "--model-probe", read,
          "Prove each model in a process of its own before it is loaded, so "
          "that one that crashes ends no server: the longest time of that "
          "process, 0s is no limit; off does without")
      ->type_name("DURATION")
      ->default_str(absl::FormatDuration(o->model_probe_timeout))
      ->group(kModels);
}

void AddControlFlags(CLI::App* app, ServerOptions* o) {
  app->add_option("--model-control-mode", o->model_control_mode,
                  "none: load all models at the start; poll: load what comes "
                  "and unload what goes; explicit: load what clients ask for")
      ->check(CLI::IsMember({"none", "poll", "explicit"}))
      ->capture_default_str()
      ->group(kModels);
  app->add_option("--load-model", o->load_models,
                  "Model to load at the start with explicit; '*' is all; may "
                  "be given several times")
      ->type_name("NAME")
      ->allow_extra_args(false)  // one name for each time it is given
      ->group(kModels);
  AddDuration(app, "--repository-poll-period", &o->repository_poll_period,
              "How often to look at repositories whose file system does not "
              "tell of changes, and at those that could not be read yet")
      ->group(kModels);
  app->add_option("--load-threads", o->load_threads,
                  "Models loaded at the same time; 0 takes one per processor")
      ->check(CLI::Range(0, 256))
      ->capture_default_str()
      ->group(kModels);
  app->add_option("--max-model-memory", o->max_model_memory,
                  "Bytes of memory for all models; a load that does not fit is "
                  "refused; 0 is no limit")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
      ->type_name("SIZE")
      ->default_str("four fifths of the memory")
      ->group(kModels);
}

void AddModelFlag(CLI::App* app, ServerOptions* o) {
  const auto read = [o](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      const absl::StatusOr<ModelPath> model = ModelPathOf(text);
      if (!model.ok()) {
        throw CLI::ValidationError("--model",
                                   std::string(model.status().message()));
      }
      o->models.push_back(*model);
    }
  };
  app->add_option_function<std::vector<std::string>>(
         "--model", read,
         "Model to serve under that name, beside or without a repository: a "
         "file, a folder with versions or with one file, or a folder with one "
         "such folder; may be given several times")
      ->type_name("NAME=PATH")
      ->allow_extra_args(false)  // one model for each time it is given
      ->group(kModels);
}

void AddModelFlags(CLI::App* app, ServerOptions* o) {
  app->add_option("--model-repository", o->model_repositories,
                  "Folder with models: <model>/<version>/model.pt or "
                  "<model>.<suffix>; may be given several times. Without it "
                  "the folders in SCONCE_MODEL_REPOSITORY, with ':' between "
                  "them")
      ->type_name("DIR")
      ->allow_extra_args(false)  // one folder for each time it is given
      ->group(kModels);
  AddModelFlag(app, o);
  app->add_option("--max-batch-size", o->max_batch_size,
                  "Most rows of a batch of a model whose config.pbtxt does not "
                  "say; 0 runs every request of such models alone")
      ->check(CLI::Range(int64_t{0}, int64_t{65536}))
      ->capture_default_str()
      ->group(kModels);
  app->add_option("--allow-operator", o->allowed_operators,
                  "Operator that models may use though it is denied, e.g. "
                  "aten::save; may be given several times")
      ->type_name("NAME")
      ->allow_extra_args(false)  // one name for each time it is given
      ->group(kModels);
  AddProbeFlag(app, o);
  app->add_option("--strict-readiness", o->strict_readiness,
                  "Be ready only when every model is; else when all loads "
                  "ended, well or not")
      ->capture_default_str()
      ->group(kModels);
  app->add_option("--server-name", o->server_name,
                  "Name in ServerMetadata (some tools expect 'triton')")
      ->capture_default_str()
      ->group(kModels);
}

void AddManagementFlag(CLI::App* app, ServerOptions* o) {
  const auto read = [o](const std::string& text) -> absl::Status {
    ASSIGN_OR_RETURN(const HostAndPort address, AddressOf(text));
    o->management_host = address.host;
    o->management_port = address.port;
    return absl::OkStatus();
  };
  AddRead(app, "--management-address", read,
          "Address of the management service; port 0 takes a free one, off "
          "does without. Whoever reaches it can replace models")
      ->type_name("HOST:PORT")
      ->default_str("127.0.0.1:8003")
      ->group(kNetwork);
}

void AddNetworkFlags(CLI::App* app, ServerOptions* o) {
  const CLI::Range port(0, 65535);
  app->add_option("--listen", o->listen,
                  "Address of the gRPC and the HTTP port; 0.0.0.0 opens them "
                  "to the network")
      ->type_name("ADDRESS")
      ->envname("SCONCE_LISTEN")
      ->capture_default_str()
      ->group(kNetwork);
  app->add_option("--grpc-port", o->grpc_port,
                  "gRPC port; 0 takes a free one and logs it")
      ->check(port)
      ->capture_default_str()
      ->group(kNetwork);
  app->add_option("--http-port", o->http_port,
                  "Port of /metrics, /livez, /readyz, /models; 0 takes a free "
                  "one")
      ->check(port)
      ->capture_default_str()
      ->group(kNetwork);
  AddManagementFlag(app, o);
  app->add_option("--tls", o->tls,
                  "Folder with tls.crt and tls.key for the gRPC and the "
                  "management port; with ca.crt, too, clients need a "
                  "certificate. Read again when they change")
      ->type_name("DIR")
      ->check([](const std::string& text) {
        return text.empty() ? "expected a folder" : "";
      })
      ->group(kNetwork);
  app->add_option("--grpc-queues", o->grpc_queues,
                  "Completion queues; 0 takes one for every four processors")
      ->check(CLI::Range(0, 64))
      ->capture_default_str()
      ->group(kNetwork);
  app->add_option("--max-message-size", o->max_message_bytes,
                  "Largest request in bytes; takes KiB, MiB, GiB")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
      ->check(CLI::Range(int64_t{1024}, (int64_t{1} << 31) - 1))
      ->default_str("64MiB")
      ->type_name("SIZE")
      ->group(kNetwork);
  AddDuration(app, "--max-connection-age", &o->max_connection_age,
              "Age at which a connection is asked to move; 0s never. A drain "
              "relies on it")
      ->group(kNetwork);
  AddDuration(app, "--drain-timeout", &o->drain_timeout,
              "Most time from SIGTERM to the end; 2s later work that cannot "
              "be interrupted is abandoned")
      ->group(kNetwork);
}

void AddLanesFlag(CLI::App* app, ServerOptions* o) {
  const auto read = [o](const std::string& text) -> absl::Status {
    ASSIGN_OR_RETURN(const LaneCount count, LaneCountOf(text));
    o->lanes = count.lanes;
    o->threads_per_lane = count.threads_per_lane;
    return absl::OkStatus();
  };
  AddRead(app, "--lanes", read,
          "Executions at the same time; 0 takes one per processor. 4x2 is 4 "
          "with 2 threads inside each. Of a GPU: streams; 0 takes 2")
      ->type_name("N[xTHREADS]")
      ->default_str("0")
      ->group(kExecution);
}

void AddDeviceFlags(CLI::App* app, ServerOptions* o) {
  const auto read = [o](const std::string& text) -> absl::Status {
    ASSIGN_OR_RETURN(o->device, DeviceChoiceOf(text));
    return absl::OkStatus();
  };
  AddRead(app, "--device", read,
          "Where models run whose config does not say: auto is all GPUs that "
          "work, else the CPU; cpu; cuda or cuda:0,1 need those GPUs")
      ->type_name("DEVICE")
      ->default_str("auto")
      ->group(kExecution);
  app->add_option("--gpu-memory-fraction", o->gpu_memory_fraction,
                  "Of each GPU's memory, for models and their requests")
      ->check(CLI::Range(0.01, 1.0))
      ->capture_default_str()
      ->group(kExecution);
}

void AddExecutionFlags(CLI::App* app, ServerOptions* o) {
  AddDeviceFlags(app, o);
  AddLanesFlag(app, o);
  app->add_option("--max-queue-size", o->max_queue_size,
                  "Requests of one model that may wait; more are refused")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 30))
      ->capture_default_str()
      ->group(kExecution);
  app->add_option("--max-request-memory", o->max_request_memory,
                  "Bytes that the tensors of one run of a model may take; a "
                  "run that wants more fails; 0 is no limit")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
      ->type_name("SIZE")
      ->default_str("half of the memory")
      ->group(kExecution);
  AddDuration(app, "--max-execution-time", &o->max_execution_time,
              "Longest run of a model; then a loop in its code is interrupted, "
              "or a lane with an operator that does not return is replaced; 0s "
              "never")
      ->group(kExecution);
  app->add_option("--optimize", o->optimize,
                  "auto: freeze, and optimize_for_inference when answers stay "
                  "equal and it is faster; freeze; off")
      ->check(CLI::IsMember({"auto", "freeze", "off"}))
      ->capture_default_str()
      ->group(kExecution);
}

void AddLogFlags(CLI::App* app, ServerOptions* o) {
  app->add_option("--log-format", o->log_format, "Form of log lines")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str()
      ->group(kLogging);
  app->add_option("--log-level", o->log_level, "Least level that is logged")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str()
      ->group(kLogging);
}

// An image sets the variable; who gives a flag wants no other folder.
void ReadEnvironment(ServerOptions* o) {
  const char* const folders = std::getenv("SCONCE_MODEL_REPOSITORY");
  if (folders == nullptr || !o->model_repositories.empty() ||
      !o->models.empty()) {
    return;
  }
  o->model_repositories = absl::StrSplit(folders, ':', absl::SkipEmpty());
}

// Flags that say something only together.
void CheckTogether(const ServerOptions& o) {
  if (o.model_repositories.empty() && o.models.empty()) {
    throw CLI::ValidationError(
        "--model-repository",
        "is required, a folder with models, or --model NAME=PATH");
  }
  std::set<std::string> names;
  for (const ModelPath& model : o.models) {
    if (names.insert(model.name).second) continue;
    throw CLI::ValidationError("--model",
                               "'" + model.name + "' is given twice");
  }
  if (!o.load_models.empty() && o.model_control_mode != "explicit") {
    throw CLI::ValidationError(
        "--load-model", "needs --model-control-mode=explicit; with '" +
                            o.model_control_mode + "' all models are loaded");
  }
  if (o.repository_poll_period < absl::Milliseconds(100)) {
    throw CLI::ValidationError("--repository-poll-period",
                               "expected 100ms at least");
  }
}

// CLI11's messages may run over several lines.
std::string OneLine(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

ExitRequest Version() { return {0, std::string(kServerVersion) + "\n"}; }

}  // namespace

std::variant<ServerOptions, ExitRequest> ParseCommandLine(
    int argc, const char* const* argv) {
  if (argc == 2 && absl::string_view(argv[1]) == "version") return Version();
  ServerOptions options;
  CLI::App app("Serves TorchScript models over gRPC (Open Inference Protocol)",
               "sconce-server");
  app.set_version_flag("--version", std::string(kServerVersion));
  AddModelFlags(&app, &options);
  AddControlFlags(&app, &options);
  AddNetworkFlags(&app, &options);
  AddExecutionFlags(&app, &options);
  AddLogFlags(&app, &options);
  try {
    app.parse(argc, argv);
    ReadEnvironment(&options);
    CheckTogether(options);
  } catch (const CLI::CallForHelp&) {
    return ExitRequest{0, app.help()};
  } catch (const CLI::CallForVersion&) {
    return Version();
  } catch (const CLI::ParseError& error) {
    return ExitRequest{
        2, "sconce-server: " + OneLine(error.what()) + "; see --help\n"};
  }
  return options;
}

}  // namespace sconce
