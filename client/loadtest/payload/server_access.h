// ServerAccess: where the questions of the preparation go.
#ifndef CLIENT_LOADTEST_PAYLOAD_SERVER_ACCESS_H_
#define CLIENT_LOADTEST_PAYLOAD_SERVER_ACCESS_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>

namespace sconce::load {

// The channels take answers of any size.
struct ServerAccess {
  std::string address;  // for messages
  // Shared, as all of gRPC's channels are.
  std::shared_ptr<grpc::Channel> inference;
  // The management port of a Sconce server; null: it is not asked.
  std::shared_ptr<grpc::Channel> management;
  // Whether it has to answer: somebody said that it is there.
  bool management_is_named = false;
};

// Channels to "host:port" without encryption; does not connect yet. Without a
// `management` address it is port 8003 of the same host.
ServerAccess AccessTo(const std::string& address,
                      const std::string& management = "");

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_SERVER_ACCESS_H_
