#include "server/runtime/torch_error.h"

#include <gtest/gtest.h>
#include <torch/script.h>

#include <string>

namespace sconce {
namespace {

// Runs forward of a module with this body; nothing is known of the error but
// what LibTorch really throws.
absl::Status RunScript(const std::string& body, const at::Tensor& input) {
  torch::jit::Module module("m");
  module.define("def forward(self, x):\n  " + body + "\n");
  return TorchCall([&] { module.forward({input}); });
}

struct Provocation {
  const char* body;
  absl::StatusCode code;
};

class TorchErrorTest : public ::testing::TestWithParam<Provocation> {};

TEST_P(TorchErrorTest, HasTheCodeAndOneCleanLine) {
  const absl::Status status = RunScript(GetParam().body, at::ones({2, 3}));
  EXPECT_EQ(status.code(), GetParam().code) << status;
  const std::string message(status.message());
  EXPECT_FALSE(message.empty());
  for (const char* leak : {"\n", "Traceback", ".cpp", "def forward", "/"}) {
    EXPECT_EQ(message.find(leak), std::string::npos)
        << leak << " in " << message;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Provoked, TorchErrorTest,
    ::testing::Values(
        Provocation{"return torch.mm(x, x)",
                    absl::StatusCode::kInvalidArgument},
        Provocation{"return x.view(7)", absl::StatusCode::kInvalidArgument},
        Provocation{"return x[5]", absl::StatusCode::kInvalidArgument},
        Provocation{"return x.transpose(0, 9)",
                    absl::StatusCode::kInvalidArgument},
        Provocation{"return x + torch.ones([5])",
                    absl::StatusCode::kInvalidArgument},
        Provocation{"return torch.conv2d(x, x)",
                    absl::StatusCode::kInvalidArgument},
        Provocation{"return torch.embedding(x, x)",
                    absl::StatusCode::kInvalidArgument},
        Provocation{"assert False, 'no such chunk'",
                    absl::StatusCode::kInvalidArgument},
        Provocation{"assert x.size(0) == 1, 'one row only'",
                    absl::StatusCode::kInvalidArgument},
        Provocation{"return torch.ones([1000000000, 1000000000])",
                    absl::StatusCode::kResourceExhausted}));

TEST(TorchCallTest, KeepsTheModelsOwnWords) {
  EXPECT_EQ(RunScript("assert False, 'no such chunk'", at::ones({1})).message(),
            "AssertionError: no such chunk");
}

TEST(TorchCallTest, IsOkWhenNothingIsThrown) {
  EXPECT_TRUE(RunScript("return x", at::ones({1})).ok());
}

TEST(TorchCallTest, CatchesWhatIsNoException) {
  EXPECT_EQ(TorchCall([] { throw 7; }).code(), absl::StatusCode::kInternal);
}

TEST(ErrorSentenceTest, IsWhatFollowsTheLastMarker) {
  EXPECT_EQ(ErrorSentence("Traceback:\n  def forward\nRuntimeError: a\n"
                          "RuntimeError: b is wrong\nmore"),
            "b is wrong");
  EXPECT_EQ(ErrorSentence("first line\nsecond"), "first line");
  EXPECT_EQ(ErrorSentence(""), "");
}

}  // namespace
}  // namespace sconce
