#include "server/runtime/archive_inspector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/unit/runtime/torch_archive.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string WriteFile(const std::string& bytes) {
  const std::string path = TestPath("bin");
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

void ExpectRefused(const std::string& path, const std::string& part) {
  const absl::Status status = CheckIsTorchScript(path);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(part));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr(path)));
}

TEST(CheckIsTorchScriptTest, AcceptsAnArchiveUnderAnyName) {
  const std::string path = SaveModule("def forward(self, x):\n  return x\n");
  EXPECT_TRUE(CheckIsTorchScript(path).ok());
}

TEST(CheckIsTorchScriptTest, NamesWhatElseAFileIs) {
  ExpectRefused(WriteFile(""), "empty");
  ExpectRefused(WriteFile("hello"), "not a zip");
  ExpectRefused(WriteFile(std::string("\x80\x02\x8a\x0a", 4)), "pickle");
  ExpectRefused(WriteFile("PK\x03\x04 and then nothing"), "damaged");
}

TEST(CheckIsTorchScriptTest, RecognisesASavedStateDict) {
  const std::string path = TestPath("zip");
  caffe2::serialize::PyTorchStreamWriter writer(path);
  writer.writeRecord("data.pkl", "\x80\x02.", 3);
  writer.writeEndOfFile();
  ExpectRefused(path, "state_dict");
}

TEST(CheckIsTorchScriptTest, RefusesATruncatedArchive) {
  const std::string path = SaveModule("def forward(self, x):\n  return x\n");
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  ExpectRefused(path, "cut short");
}

TEST(CheckIsTorchScriptTest, MissingFileIsNotFound) {
  EXPECT_EQ(CheckIsTorchScript("/nonexistent").code(),
            absl::StatusCode::kNotFound);
}

TEST(ReadTracedInputsTest, ScriptedModulesHaveNone) {
  EXPECT_TRUE(
      ReadTracedInputs(SaveModule("def forward(self, x):\n  return x\n"))
          .empty());
}

TEST(ReadTracedInputsTest, ReadsTypesAndShapes) {
  torch::jit::Module module = MakeModule("def forward(self, x):\n  return x\n");
  // What torch.jit.trace leaves behind.
  module.store_traced_inputs("forward", {at::ones({1, 3})});
  const std::string path = TestPath("pt");
  module.save(path);
  const std::vector<TracedInput> inputs = ReadTracedInputs(path);
  ASSERT_EQ(inputs.size(), 1u);
  EXPECT_EQ(inputs[0].type, DataType::kFp32);
  EXPECT_EQ(inputs[0].shape, Shape({1, 3}));
}

}  // namespace
}  // namespace sconce
