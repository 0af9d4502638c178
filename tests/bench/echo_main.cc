// sconce-bench-echo: what gRPC alone costs.

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <iostream>

#include "tests/bench/echo_server.h"
#include "tests/bench/large_blocks.h"

int main(int argc, char** argv) {
  sconce::bench::KeepLargeBlocks();
  sconce::bench::EchoOptions options;
  CLI::App app(
      "Answers every ModelInfer with its own bytes until it is killed");
  app.add_option("--listen", options.listen, "address to bind")
      ->capture_default_str();
  app.add_option("--port", options.port, "0 picks a free one")
      ->capture_default_str();
  app.add_option("--queues", options.queues, "completion queues, a thread each")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--slots", options.slots, "calls posted on each queue")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_flag("--gather", options.gather,
               "copy the request into one block before it is returned");
  CLI11_PARSE(app, argc, argv);

  sconce::bench::EchoServer server(options);
  if (server.port() == 0) {
    std::cerr << "cannot listen on " << options.listen << ":" << options.port
              << "\n";
    return 1;
  }
  const std::string address =
      options.listen + ":" + std::to_string(server.port());
  // The server announces its ports in the same way.
  std::cerr << nlohmann::json{{"message", "listening"}, {"grpc", address}}
            << std::endl;
  server.Serve();
}
