#include "client/loadtest/payload/server_access.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sconce::load {
namespace {

constexpr int kManagementPort = 8003;

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(),
                                   arguments);
}

// "": it has none that could be guessed.
std::string ManagementOf(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || absl::StartsWith(address, "unix:")) {
    return "";
  }
  return absl::StrCat(address.substr(0, colon), ":", kManagementPort);
}

}  // namespace

ServerAccess AccessTo(const std::string& address,
                      const std::string& management) {
  const std::string at =
      management.empty() ? ManagementOf(address) : management;
  return {address, ChannelTo(address), at.empty() ? nullptr : ChannelTo(at)};
}

}  // namespace sconce::load
