#include "client/loadtest/measure/server_metrics.h"

#include <httplib.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sconce::load {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Optional;

// A server with some pages, on loopback.
class ServerMetricsTest : public ::testing::Test {
 protected:
  ServerMetricsTest() {
    Serve("/metrics", "sconce_requests_total 5\n");
    Serve("/other", "go_threads 5\n");
    Serve("/huge", std::string(17 << 20, '#'));
    port_ = http_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { http_.listen_after_bind(); });
    while (!http_.is_running()) std::this_thread::yield();
  }

  ~ServerMetricsTest() override {
    http_.stop();
    thread_.join();
  }

  void Serve(const char* path, const std::string& page) {
    http_.Get(path, [page](const auto&, httplib::Response& response) {
      response.set_content(page, "text/plain");
    });
  }

  std::string Url(const std::string& path) const {
    return absl::StrCat("http://127.0.0.1:", port_, path);
  }

  httplib::Server http_;
  std::thread thread_;
  int port_ = 0;
};

absl::StatusOr<std::optional<ServerCounters>> Read(
    const std::string& url, const std::string& target = "127.0.0.1:8001") {
  const auto metrics = ServerMetrics::Create(url, target);
  if (!metrics.ok()) return metrics.status();
  return metrics->Read();
}

std::string ErrorOf(const std::string& url) {
  return std::string(Read(url).status().message());
}

TEST_F(ServerMetricsTest, ReadsAPage) {
  const auto counters = Read(Url("/metrics"));
  ASSERT_TRUE(counters.ok()) << counters.status();
  ASSERT_TRUE(*counters);
  EXPECT_THAT((*counters)->requests, Optional(5));
}

TEST_F(ServerMetricsTest, ThePathIsMetricsUnlessItIsNamed) {
  const auto counters = Read(Url(""));
  ASSERT_TRUE(counters.ok()) << counters.status();
  EXPECT_TRUE(*counters);
}

TEST_F(ServerMetricsTest, APageThatWasNamedHasToBeThere) {
  EXPECT_THAT(ErrorOf(Url("/nothing")),
              AllOf(HasSubstr(absl::StrCat("--metrics ", Url("/nothing"))),
                    HasSubstr("HTTP status 404"), HasSubstr("or off")));
}

TEST_F(ServerMetricsTest, APageThatWasNamedHasToHaveCounters) {
  EXPECT_THAT(ErrorOf(Url("/other")), HasSubstr("the page has no counter of"));
}

TEST_F(ServerMetricsTest, ReadsNoMoreThanItMay) {
  EXPECT_THAT(ErrorOf(Url("/huge")), HasSubstr("longer than 16 MiB"));
}

TEST_F(ServerMetricsTest, AServerThatWasNamedHasToAnswer) {
  const std::string url = Url("/metrics");
  http_.stop();
  thread_.join();
  thread_ = std::thread([] {});
  const auto counters = Read(url);
  EXPECT_EQ(counters.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(counters.status().message()),
              AllOf(HasSubstr(url), HasSubstr("no answer (")));
}

TEST(ServerMetricsUrlTest, OffReadsNothing) {
  const auto counters = Read("off");
  ASSERT_TRUE(counters.ok());
  EXPECT_FALSE(*counters);
}

// Of an address that nobody can have.
TEST(ServerMetricsUrlTest, TheUsualPageMayBeMissing) {
  for (const char* target : {"255.255.255.255:1", "dns:///255.255.255.255:1",
                             "unix:/tmp/socket", "unix:socket", "", "a:b:c"}) {
    const auto counters = Read("", target);
    ASSERT_TRUE(counters.ok()) << target << counters.status();
    EXPECT_FALSE(*counters) << target;
  }
}

TEST(ServerMetricsUrlTest, AnotherFormIsRefused) {
  for (const char* url :
       {"https://host/metrics", "host:8002", "http://", "http://:80/x",
        "http://host:x/", "http://h:70000", "http://h:0"}) {
    const auto metrics = ServerMetrics::Create(url, "h:1");
    EXPECT_EQ(metrics.status().code(), absl::StatusCode::kInvalidArgument)
        << url;
    EXPECT_THAT(std::string(metrics.status().message()),
                AllOf(HasSubstr(url), HasSubstr("http://HOST:PORT/metrics")));
  }
}

}  // namespace
}  // namespace sconce::load
