#include "server/rpc/connections.h"

#include <gtest/gtest.h>

#include <sstream>

namespace sconce {
namespace {

// Port 8001 is 1F41. States: 01 established, 0A listening, 06 TIME_WAIT.
constexpr char kTable[] =
    "  sl  local_address rem_address   st tx_queue rx_queue\n"
    "   0: 0100007F:1F41 00000000:0000 0A 00000000:00000000\n"
    "   1: 0100007F:1F41 0100007F:9C40 01 00000000:00000000\n"
    "   2: 0100007F:1F41 0100007F:9C41 06 00000000:00000000\n"
    "   3: 0100007F:9C40 0100007F:1F41 01 00000000:00000000\n"
    "   4: 00000000000000000000000001000000:1F41 "
    "00000000000000000000000001000000:9C42 01 00000000:00000000\n"
    "garbage\n";

TEST(CountConnectionsTest, CountsEstablishedOnesOfTheLocalPort) {
  std::istringstream table(kTable);
  EXPECT_EQ(CountConnectionsIn(table, 8001), 2);
}

TEST(CountConnectionsTest, OtherPortsHaveNone) {
  std::istringstream table(kTable);
  EXPECT_EQ(CountConnectionsIn(table, 8002), 0);
}

}  // namespace
}  // namespace sconce
