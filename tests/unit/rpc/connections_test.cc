#include "server/rpc/connections.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <sstream>

#include "server/base/file_descriptor.h"

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

// A port that listens, and connections to it, all of this process.
class Loopback {
 public:
  Loopback() : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address_);
    socklen_t length = sizeof(address_);
    EXPECT_EQ(bind(listener_.get(), generic, length), 0);
    EXPECT_EQ(listen(listener_.get(), 8), 0);
    EXPECT_EQ(getsockname(listener_.get(), generic, &length), 0);
  }

  int port() const { return ntohs(address_.sin_port); }

  FileDescriptor Connect() const {
    FileDescriptor client(socket(AF_INET, SOCK_STREAM, 0));
    const auto* generic = reinterpret_cast<const sockaddr*>(&address_);
    EXPECT_EQ(connect(client.get(), generic, sizeof(address_)), 0);
    return client;
  }

  FileDescriptor Accept() const {
    return FileDescriptor(accept(listener_.get(), nullptr, nullptr));
  }

 private:
  FileDescriptor listener_;
  sockaddr_in address_{};
};

TEST(CountAcceptedConnectionsTest, CountsTheServersEndWhileItIsOpen) {
  const Loopback loopback;
  EXPECT_EQ(CountAcceptedConnections(loopback.port()), 0);
  const FileDescriptor one = loopback.Connect();
  const FileDescriptor two = loopback.Connect();
  FileDescriptor accepted_one = loopback.Accept();
  EXPECT_EQ(CountAcceptedConnections(loopback.port()), 1);
  const FileDescriptor accepted_two = loopback.Accept();
  EXPECT_EQ(CountAcceptedConnections(loopback.port()), 2);
  accepted_one.Close();
  EXPECT_EQ(CountAcceptedConnections(loopback.port()), 1);
}

TEST(CountAcceptedConnectionsTest, OtherPortsHaveNone) {
  const Loopback loopback;
  const Loopback other;
  const FileDescriptor client = other.Connect();
  const FileDescriptor accepted = other.Accept();
  EXPECT_EQ(CountAcceptedConnections(loopback.port()), 0);
}

}  // namespace
}  // namespace sconce
