#include "server/rpc/tcp_listener.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "server/base/notification.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;

// Connects to a loopback port; returns whether the kernel accepted.
bool CanConnect(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int result =
      connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  close(fd);
  return result == 0;
}

TEST(TcpListenerTest, PortZeroPicksAFreePort) {
  const auto listener = TcpListener::Bind("127.0.0.1", 0);
  ASSERT_TRUE(listener.ok());
  EXPECT_GT((*listener)->port(), 0);
}

TEST(TcpListenerTest, HandsOnConnections) {
  auto listener = TcpListener::Bind("127.0.0.1", 0);
  ASSERT_TRUE(listener.ok());
  Notification accepted;
  (*listener)->Start("accept", [&](int fd) {
    close(fd);
    accepted.Notify();
  });
  EXPECT_TRUE(CanConnect((*listener)->port()));
  EXPECT_TRUE(
      accepted.WaitUntil(Clock::Real()->Now() + std::chrono::seconds(30)));
}

TEST(TcpListenerTest, ConnectionsBeforeStartAreNotLost) {
  auto listener = TcpListener::Bind("127.0.0.1", 0);
  ASSERT_TRUE(listener.ok());
  ASSERT_TRUE(CanConnect((*listener)->port()));
  Notification accepted;
  (*listener)->Start("accept", [&](int fd) {
    close(fd);
    accepted.Notify();
  });
  EXPECT_TRUE(
      accepted.WaitUntil(Clock::Real()->Now() + std::chrono::seconds(30)));
}

TEST(TcpListenerTest, CloseRefusesNewConnections) {
  auto listener = TcpListener::Bind("127.0.0.1", 0);
  ASSERT_TRUE(listener.ok());
  (*listener)->Start("accept", [](int fd) { close(fd); });
  (*listener)->Close();
  EXPECT_FALSE(CanConnect((*listener)->port()));
}

TEST(TcpListenerTest, TakenPortIsUnavailableAndNamed) {
  const auto first = TcpListener::Bind("127.0.0.1", 0);
  ASSERT_TRUE(first.ok());
  const int port = (*first)->port();
  const auto second = TcpListener::Bind("127.0.0.1", port);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr(std::to_string(port)));
}

TEST(TcpListenerTest, ForeignAddressIsInvalid) {
  for (const char* host : {"192.0.2.1", "2001:db8::1"}) {
    EXPECT_EQ(TcpListener::Bind(host, 0).status().code(),
              absl::StatusCode::kInvalidArgument)
        << host;
  }
}

}  // namespace
}  // namespace sconce
