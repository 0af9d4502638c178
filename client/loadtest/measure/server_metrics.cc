#include "client/loadtest/measure/server_metrics.h"

#include <httplib.h>

#include <algorithm>
#include <chrono>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace sconce::load {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kConnectTime(1);
constexpr std::chrono::seconds kReadTime(2);
constexpr std::chrono::seconds kWholeTime(4);
constexpr size_t kMostBytes = 16 << 20;
// A server on other ports has its page elsewhere too.
constexpr int kUsualTargetPort = 8001;
constexpr int kUsualPort = 8002;
constexpr char kUsualPath[] = "/metrics";

// HOST[:PORT], where an IPv6 address with a port stands in brackets.
struct Address {
  std::string host;
  int port = 0;
};

std::optional<Address> ParseAddress(absl::string_view text, int port) {
  const size_t bracket = text.rfind(']');
  const size_t colon = text.rfind(':');
  const bool has_port =
      colon != text.npos && (bracket == text.npos || colon > bracket);
  if (has_port && !absl::SimpleAtoi(text.substr(colon + 1), &port)) return {};
  absl::string_view host = has_port ? text.substr(0, colon) : text;
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  if (host.empty() || port < 1 || port > 65535) return {};
  return Address{std::string(host), port};
}

absl::Status BadUrl(const std::string& url) {
  return absl::InvalidArgumentError(absl::StrCat(
      "--metrics ", url, ": expected http://HOST:PORT/metrics, or off"));
}

// The host of HOST:PORT, dns:///HOST:PORT or dns://SERVER/HOST:PORT; none of
// other kinds of names, such as unix:PATH.
std::optional<Address> UsualAddress(absl::string_view target) {
  if (absl::ConsumePrefix(&target, "dns:")) {
    target.remove_prefix(target.rfind('/') + 1);
  }
  if (target.find('/') != target.npos) return {};
  auto address = ParseAddress(target, 0);
  if (!address || address->port != kUsualTargetPort) return {};
  address->port = kUsualPort;
  return address;
}

}  // namespace

absl::StatusOr<ServerMetrics> ServerMetrics::Create(const std::string& url,
                                                    const std::string& target) {
  ServerMetrics metrics;
  metrics.off_ = url == "off";
  metrics.named_ = !url.empty();
  if (metrics.off_) return metrics;
  absl::string_view rest = url;
  if (metrics.named_ && !absl::ConsumePrefix(&rest, "http://")) {
    return BadUrl(url);
  }
  const size_t slash = std::min(rest.find('/'), rest.size());
  const auto address = metrics.named_ ? ParseAddress(rest.substr(0, slash), 80)
                                      : UsualAddress(target);
  if (metrics.named_ && !address) return BadUrl(url);
  metrics.off_ = !address;
  metrics.host_ = address ? address->host : "";
  metrics.port_ = address ? address->port : 0;
  metrics.path_ = slash < rest.size() ? std::string(rest.substr(slash))
                                      : std::string(kUsualPath);
  return metrics;
}

absl::StatusOr<std::optional<ServerCounters>> ServerMetrics::Read() const {
  if (off_) return std::nullopt;
  const absl::StatusOr<ServerCounters> counters = ReadPage();
  if (counters.ok()) return *counters;
  if (!named_) return std::nullopt;
  return absl::Status(counters.status().code(),
                      absl::StrCat("--metrics http://", host_, ":", port_,
                                   path_, ": ", counters.status().message(),
                                   "; give the right URL, or off"));
}

absl::StatusOr<ServerCounters> ServerMetrics::ReadPage() const {
  const absl::StatusOr<std::string> page = FetchPage();
  if (!page.ok()) return page.status();
  const ServerCounters counters = ReadServerCounters(*page);
  if (counters.any()) return counters;
  return absl::FailedPreconditionError(
      "the page has no counter of CPU time, queue, compute or requests");
}

absl::StatusOr<std::string> ServerMetrics::FetchPage() const {
  httplib::Client client(host_, port_);
  client.set_connection_timeout(kConnectTime);
  client.set_read_timeout(kReadTime);
  client.set_write_timeout(kReadTime);
  const Clock::time_point last = Clock::now() + kWholeTime;
  std::string page;
  bool too_much = false;
  const httplib::Result result =
      client.Get(path_, [&](const char* data, size_t size) {
        too_much = page.size() + size > kMostBytes || Clock::now() > last;
        if (!too_much) page.append(data, size);
        return !too_much;
      });
  if (too_much) {
    return absl::ResourceExhaustedError(
        "the page is longer than 16 MiB or takes longer than 4 s");
  }
  if (!result) {
    return absl::UnavailableError(
        absl::StrCat("no answer (", httplib::to_string(result.error()), ")"));
  }
  if (result->status != 200) {
    return absl::UnavailableError(
        absl::StrCat("HTTP status ", result->status, ", expected 200"));
  }
  return page;
}

}  // namespace sconce::load
