// sconce-simulate: reads a list of simulations, JSON as workload_json.h says,
// from its input and writes the list of their figures to its output.

#include <nlohmann/json.hpp>

#include <exception>
#include <iostream>

#include "tests/bench/simulator/workload_json.h"

int main() {
  try {
    nlohmann::json results = nlohmann::json::array();
    for (const auto& run : nlohmann::json::parse(std::cin)) {
      results.push_back(sconce::simulator::SimulateJson(run));
    }
    std::cout << results << std::endl;
  } catch (const std::exception& error) {
    std::cerr << "sconce-simulate: " << error.what() << "\n";
    return 1;
  }
}
