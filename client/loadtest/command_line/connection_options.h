// ConnectionOptions: where the server is, and how to reach it.
#ifndef CLIENT_LOADTEST_COMMAND_LINE_CONNECTION_OPTIONS_H_
#define CLIENT_LOADTEST_COMMAND_LINE_CONNECTION_OPTIONS_H_

#include <CLI/CLI.hpp>

#include <string>

#include "client/loadtest/command_line/option_group.h"

namespace sconce::load {

class ConnectionOptions : private OptionGroup {
 public:
  ConnectionOptions(CLI::App* app, LoadOptions* options);

  // When all was read. Reads the certificates.
  void Finish();

 private:
  void AddTls();
  void ReadEnvironment();
  void CheckAddress() const;
  void SetTls();

  CLI::Option* address_ = nullptr;
  std::string management_;
  bool tls_ = false;
  std::string ca_;
  std::string certificate_;
  std::string key_;
  std::string server_name_;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_COMMAND_LINE_CONNECTION_OPTIONS_H_
