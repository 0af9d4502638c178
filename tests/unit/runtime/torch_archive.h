// Writes TorchScript archives for tests.
#ifndef TESTS_UNIT_RUNTIME_TORCH_ARCHIVE_H_
#define TESTS_UNIT_RUNTIME_TORCH_ARCHIVE_H_

#include <gtest/gtest.h>
#include <torch/script.h>

#include <string>

#include "tests/support/test_path.h"

namespace sconce {

// A module whose methods are `source`, e.g. "def forward(self, x): …".
inline torch::jit::Module MakeModule(const std::string& source) {
  torch::jit::Module module("m");
  module.define(source);
  return module;
}

// Saves MakeModule(source) and returns its path.
inline std::string SaveModule(const std::string& source) {
  const std::string path = TestPath("pt");
  MakeModule(source).save(path);
  return path;
}

}  // namespace sconce

#endif  // TESTS_UNIT_RUNTIME_TORCH_ARCHIVE_H_
