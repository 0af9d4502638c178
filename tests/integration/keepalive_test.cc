// GrpcPort::Keepalive: what becomes of connections whose client is gone, and of
// clients that ask for signs of life themselves.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"

#include "server/base/file_descriptor.h"
#include "server/rpc/grpc_port.h"

namespace sconce {
namespace {

// RFC 9113, sections 3.4, 4.1 and 6.
constexpr absl::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr char kSettings = 4;
constexpr char kPing = 6;
constexpr char kGoAway = 7;
constexpr size_t kFrameHeader = 9;

// A client that says what the test tells it to, and nothing by itself.
class BareClient {
 public:
  explicit BareClient(int port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect(socket_.get(), reinterpret_cast<sockaddr*>(&address),
            sizeof(address));
    Send(std::string(kPreface) + Frame(kSettings, ""));
  }

  void SendPing() { Send(Frame(kPing, std::string(8, 'p'))); }

  // The type of the next frame; -1 when the server has closed the connection.
  int NextFrame() {
    const std::string header = Receive(kFrameHeader);
    if (header.size() < kFrameHeader) return -1;
    size_t length = 0;
    for (int i = 0; i < 3; ++i) {
      length = length << 8 | static_cast<unsigned char>(header[i]);
    }
    Receive(length);
    return header[3];
  }

 private:
  static std::string Frame(char type, const std::string& payload) {
    const std::string length = {0, 0, static_cast<char>(payload.size())};
    return length + type + std::string(5, '\0') + payload;
  }
  void Send(const std::string& bytes) {
    ASSERT_EQ(send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  std::string Receive(size_t bytes) {
    std::string received(bytes, '\0');
    const ssize_t n = recv(socket_.get(), received.data(), bytes, MSG_WAITALL);
    received.resize(n < 0 ? 0 : static_cast<size_t>(n));
    return received;
  }

  FileDescriptor socket_;
};

std::unique_ptr<GrpcPort> Open(const GrpcPort::Keepalive& keepalive) {
  GrpcPort::Options options;
  options.keepalive = keepalive;
  auto port = *GrpcPort::Open(options, {});
  port->Serve([](size_t, CallQueue*) {});
  port->Accept();
  return port;
}

TEST(KeepaliveTest, AClientThatIsGoneLosesItsConnection) {
  const auto port = Open({.idle = std::chrono::milliseconds(50),
                          .patience = std::chrono::milliseconds(50)});
  BareClient client(port->port());
  int asked = 0;
  int frame = 0;
  while ((frame = client.NextFrame()) != -1) asked += frame == kPing ? 1 : 0;
  EXPECT_GT(asked, 0);
}

TEST(KeepaliveTest, AClientMayAskForSignsOfLife) {
  const auto port = Open({.least_client_period = std::chrono::milliseconds(0)});
  BareClient client(port->port());
  for (int answered = 0; answered < 20; ++answered) {
    client.SendPing();
    int frame = 0;
    while ((frame = client.NextFrame()) != kPing) {
      ASSERT_NE(frame, kGoAway);
      ASSERT_NE(frame, -1);
    }
  }
}

}  // namespace
}  // namespace sconce
