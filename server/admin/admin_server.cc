#include "server/admin/admin_server.h"

#include <httplib.h>
#include <nlohmann/json.hpp>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/base/thread.h"
#include "server/telemetry/process_metrics.h"

namespace sconce {
namespace {

// A connection holds its thread until it is closed. Scanners and stuck clients
// hold theirs for the read timeout; the probes need what is left.
constexpr size_t kThreads = 32;
constexpr time_t kReadTimeoutSeconds = 2;

constexpr char kPlain[] = "text/plain; charset=utf-8";

using Json = nlohmann::ordered_json;

Json ModelsJson(const std::vector<ServableReport>& reports) {
  Json models = Json::array();
  for (const ServableReport& report : reports) {
    models.push_back({{"name", report.id.model},
                      {"version", report.id.version},
                      {"state", std::string(ServableStateName(report.state))},
                      {"reason", std::string(report.status.message())}});
  }
  return models;
}

// By number: the folders' names are nobody else's affair.
Json RepositoriesJson(const std::vector<absl::Status>& states) {
  Json repositories = Json::array();
  for (const absl::Status& state : states) {
    repositories.push_back({{"number", repositories.size() + 1},
                            {"state", state.ok() ? "READY" : "UNAVAILABLE"},
                            {"reason", std::string(state.message())}});
  }
  return repositories;
}

std::string ModelsText(const AdminServer::Pages& pages) {
  const Json page = {{"models", ModelsJson(pages.models())},
                     {"repositories", RepositoriesJson(pages.repositories())}};
  return page.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string MetricsText(const AdminServer::Pages& pages) {
  auto families = pages.metrics->registry()->Collect();
  for (auto& more : {StatusMetrics(pages.status()), ProcessMetrics()}) {
    families.insert(families.end(), more.begin(), more.end());
  }
  return prometheus::TextSerializer().Serialize(families);
}

void SetReady(bool ready, httplib::Response* response) {
  response->status = ready ? 200 : 503;
  response->set_content(ready ? "ready\n" : "not ready\n", kPlain);
}

void AddPages(const AdminServer::Pages& pages, httplib::Server* http) {
  http->Get("/metrics", [&pages](const auto&, httplib::Response& response) {
    response.set_content(MetricsText(pages),
                         "text/plain; version=0.0.4; charset=utf-8");
  });
  http->Get("/livez", [](const auto&, httplib::Response& response) {
    response.set_content("alive\n", kPlain);
  });
  http->Get("/readyz", [&pages](const auto&, httplib::Response& response) {
    SetReady(pages.is_ready(), &response);
  });
  http->Get("/models", [&pages](const auto&, httplib::Response& response) {
    response.set_content(ModelsText(pages), "application/json");
  });
}

}  // namespace

struct AdminServer::Impl {
  explicit Impl(Pages p) : pages(std::move(p)) {
    http.set_keep_alive_max_count(1);  // close after each answer
    http.set_read_timeout(kReadTimeoutSeconds);
    http.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    // The library would set SO_REUSEPORT, and two servers would share a port
    // without knowing.
    http.set_socket_options([](socket_t socket) {
      const int on = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    });
    AddPages(pages, &http);
  }

  // Returns the port, or -1.
  int Bind(const Options& options) {
    if (options.port == 0) return http.bind_to_any_port(options.host.c_str());
    return http.bind_to_port(options.host.c_str(), options.port) ? options.port
                                                                 : -1;
  }

  const Pages pages;
  httplib::Server http;
  int port = -1;
  std::optional<Thread> thread;
};

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(
    const Options& options, Pages pages) {
  auto impl = std::make_unique<Impl>(std::move(pages));
  impl->port = impl->Bind(options);
  if (impl->port < 0) {
    return absl::UnavailableError(
        absl::StrCat("the HTTP port ", options.port, " on ", options.host,
                     " is taken or not allowed; choose another with "
                     "--http-port, or 0 for a free one"));
  }
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(impl)));
}

AdminServer::AdminServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
  impl_->thread.emplace("admin", [this] { impl_->http.listen_after_bind(); });
  // stop() has no effect before the loop runs, and the library has no event
  // for that moment.
  while (!impl_->http.is_running()) std::this_thread::yield();
}

AdminServer::~AdminServer() { impl_->http.stop(); }

int AdminServer::port() const { return impl_->port; }

}  // namespace sconce
