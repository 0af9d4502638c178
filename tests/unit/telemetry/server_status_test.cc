#include "server/telemetry/server_status.h"

#include <prometheus/text_serializer.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Page(const ServerStatus& status) {
  return prometheus::TextSerializer().Serialize(StatusMetrics(status));
}

TEST(ServerStatusTest, TheBuildIsToldInLabels) {
  ServerStatus status;
  status.version = "1.2.3";
  status.libtorch = "2.11.0";
  EXPECT_THAT(
      Page(status),
      HasSubstr(
          "sconce_build_info{version=\"1.2.3\",libtorch=\"2.11.0\"} 1\n"));
}

TEST(ServerStatusTest, ReadinessIs1Or0) {
  ServerStatus status;
  EXPECT_THAT(Page(status), HasSubstr("\nsconce_ready 0\n"));
  status.ready = true;
  EXPECT_THAT(Page(status), HasSubstr("\nsconce_ready 1\n"));
}

TEST(ServerStatusTest, FiguresOfTheWholeServerHaveNoLabels) {
  ServerStatus status;
  status.lanes = 4;
  status.connections = 17;
  status.memory_limit = 1024;
  status.model_memory = 256;
  const std::string page = Page(status);
  EXPECT_THAT(page, HasSubstr("\nsconce_lanes 4\n"));
  EXPECT_THAT(page, HasSubstr("\nsconce_connections 17\n"));
  EXPECT_THAT(page, HasSubstr("\nsconce_memory_limit_bytes 1024\n"));
  EXPECT_THAT(page, HasSubstr("\nsconce_model_memory_bytes 256\n"));
}

TEST(ServerStatusTest, NoLimitOfModelMemoryIsNoSeries) {
  ServerStatus status;
  EXPECT_THAT(Page(status), Not(HasSubstr("sconce_model_memory_limit_bytes")));
  status.model_memory_limit = 512;
  EXPECT_THAT(Page(status),
              HasSubstr("\nsconce_model_memory_limit_bytes 512\n"));
}

TEST(ServerStatusTest, RequestsInFlightAreToldByVersion) {
  ServerStatus status;
  status.in_flight = {{"net", 1, 0}, {"net", 2, 3}};
  const std::string page = Page(status);
  EXPECT_THAT(
      page,
      HasSubstr("sconce_in_flight_requests{model=\"net\",version=\"1\"} 0\n"));
  EXPECT_THAT(
      page,
      HasSubstr("sconce_in_flight_requests{model=\"net\",version=\"2\"} 3\n"));
}

TEST(ServerStatusTest, EveryFamilyHasHelp) {
  ServerStatus status;
  status.model_memory_limit = 1;
  for (const auto& family : StatusMetrics(status)) {
    EXPECT_FALSE(family.help.empty()) << family.name;
    EXPECT_EQ(family.type, prometheus::MetricType::Gauge) << family.name;
  }
}

}  // namespace
}  // namespace sconce
