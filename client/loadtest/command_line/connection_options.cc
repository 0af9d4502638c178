#include "client/loadtest/command_line/connection_options.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "client/loadtest/command_line/option_text.h"

namespace sconce::load {
namespace {

constexpr char kUsualPort[] = ":8001";
constexpr char kManagementPort[] = ":8003";

}  // namespace

ConnectionOptions::ConnectionOptions(CLI::App* app, LoadOptions* options)
    : OptionGroup(app, options, "Where") {
  address_ = app_->add_option("HOST:PORT", options_->connection.address,
                              "The server's gRPC port; else $SCONCE_ADDRESS")
                 ->type_name("")
                 ->capture_default_str();
  Add("--connections", &options_->connection.connections, "INT",
      "Connections, which take turns")
      ->check(InRange(1, 1000))
      ->capture_default_str();
  Add("--management", &management_, "HOST:PORT",
      "Where a Sconce server's golden examples are; off: nowhere [port 8003 of "
      "the same host, where the address has port 8001]; else "
      "$SCONCE_MANAGEMENT where "
      "$SCONCE_ADDRESS counts");
  AddTls();
  Add("--token", &options_->plan.token, "TEXT",
      "Sent as `authorization: Bearer`; better in the environment")
      ->envname("SCONCE_TOKEN");
}

void ConnectionOptions::AddTls() {
  AddFlag("--tls", &tls_, "Speak TLS");
  AddFile("--ca", &ca_, "Trust this authority (PEM); with TLS");
  AddFile("--cert", &certificate_, "Our certificate (PEM)");
  AddFile("--key", &key_, "Its key (PEM)");
  Add("--server-name", &server_name_, "NAME",
      "What the certificate says, where that is not the host");
}

void ConnectionOptions::SetTls() {
  if (!tls_ && (ca_ + certificate_ + key_ + server_name_).empty()) return;
  auto files = ReadTlsFiles(ca_, certificate_, key_);
  if (!files.ok()) {
    throw CLI::ValidationError(std::string(files.status().message()));
  }
  options_->connection.tls = *std::move(files);
  options_->connection.tls->server_name = server_name_;
}

// What the environment says belongs together: it is of no use beside an address
// that somebody wrote.
void ConnectionOptions::ReadEnvironment() {
  if (!address_->empty()) return;
  if (const char* const address = std::getenv("SCONCE_ADDRESS")) {
    options_->connection.address = address;
  }
  const char* const management = std::getenv("SCONCE_MANAGEMENT");
  if (management != nullptr && management_.empty()) management_ = management;
}

void ConnectionOptions::CheckAddress() const {
  const std::string& address = options_->connection.address;
  if (absl::StrContains(address, ":")) return;
  throw CLI::ValidationError(
      absl::StrCat("'", address, "': expected HOST:PORT"));
}

void ConnectionOptions::Finish() {
  ReadEnvironment();
  CheckAddress();
  SetTls();
  ClientOptions& connection = options_->connection;
  const std::string host = HostOf(connection.address);
  const std::string& token = options_->plan.token;
  if (!token.empty()) {
    connection.token = [token] { return token; };
    connection.token_without_tls = IsThisMachine(host);
  }
  // A server on another port has its management elsewhere too.
  options_->management_is_named = !management_.empty();
  if (management_.empty() && !host.empty() &&
      absl::EndsWith(connection.address, kUsualPort)) {
    management_ = host + kManagementPort;
  }
  options_->management = management_ == "off" ? "" : management_;
  options_->plan.setup.target = connection.address;
  options_->plan.setup.connections = connection.connections;
}

}  // namespace sconce::load
