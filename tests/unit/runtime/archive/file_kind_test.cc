#include "server/runtime/archive/file_kind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "tests/unit/runtime/archive/archive_writer.h"

namespace sconce {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// What the file is; empty when it could not be opened as what it seems.
std::string KindOf(const std::string& path) {
  const absl::StatusOr<RecognizedFile> found = RecognizeFile(path);
  if (!found.ok()) return std::string(found.status().message());
  return std::string(ArchiveKindName(found->kind));
}

std::string KindOfZip(const Records& records) {
  return KindOf(WriteZip(records));
}

std::string KindOfBytes(const std::string& bytes) {
  return KindOf(WriteFile(bytes));
}

std::string RefusalOf(const std::string& path) {
  const absl::Status status = OpenTorchScript(path).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr(path)));
  return std::string(status.message());
}

TEST(RecognizeFileTest, TorchScriptUnderAnyName) {
  EXPECT_EQ(KindOfZip(TorchScript()), "torchscript");
  EXPECT_TRUE(OpenTorchScript(WriteZip(TorchScript())).ok());
}

TEST(RecognizeFileTest, MobileArchivesAreTorchScriptToo) {
  Records records = TorchScript();
  records["m/bytecode.pkl"] = PickleOf(")");
  EXPECT_EQ(KindOfZip(records), "torchscript_mobile");
  EXPECT_TRUE(OpenTorchScript(WriteZip(records)).ok());
}

TEST(RecognizeFileTest, ZipArchivesByTheirRecords) {
  EXPECT_EQ(KindOfZip({{"m/archive_format", "pt2"}, {"m/models/a.json", "{}"}}),
            "exported_program");
  EXPECT_EQ(KindOfZip({{"m/archive_format", "pt2"},
                       {"m/data/aotinductor/model/a.so", ""}}),
            "aot_inductor");
  EXPECT_EQ(KindOfZip({{"m/.data/extern_modules", ""}}), "torch_package");
  EXPECT_EQ(KindOfZip({{"m/model.json", "{}"}, {"m/code/m.py", ""}}),
            "torchscript_legacy");
  EXPECT_EQ(KindOfZip({{"a.txt", "a"}}), "other");
  EXPECT_EQ(KindOfZip({{"m/constants.pkl", ""}}), "damaged");
}

TEST(RecognizeFileTest, WhatTorchSaveWrote) {
  const std::string weights = Dict({Text("weight"), Tensor({})});
  const std::string module =
      "cnet\nNet\n)\x81" + Dict({Text("_modules"), "}"}) + "b";
  EXPECT_EQ(KindOfZip({{"m/data.pkl", PickleOf(weights)}}), "state_dict");
  EXPECT_EQ(
      KindOfZip({{"m/data.pkl", PickleOf(Dict({Text("model"), weights,
                                               Text("epoch"), Number(3)}))}}),
      "checkpoint");
  EXPECT_EQ(KindOfZip({{"m/data.pkl", PickleOf(module)}}), "module");
  EXPECT_EQ(KindOfZip({{"m/data.pkl", PickleOf(Tensor({}))}}), "tensors");
  EXPECT_EQ(KindOfZip({{"m/data.pkl", PickleOf("}")}}), "pickle");
}

TEST(RecognizeFileTest, LegacyFormatsOfTorchSave) {
  const std::string magic("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.", 15);
  const std::string weights = PickleOf(Dict({Text("weight"), Tensor({})}));
  EXPECT_EQ(KindOfBytes(magic + PickleOf("M\xe9\x03") + PickleOf("}") +
                        weights + PickleOf("]")),
            "state_dict");
  EXPECT_EQ(KindOfBytes(magic + PickleOf("M")), "damaged");
  std::string tar(1024, '\0');
  tar.replace(0, 6, "pickle").replace(257, 5, "ustar");
  EXPECT_EQ(KindOfBytes(tar), "state_dict");
}

TEST(RecognizeFileTest, FilesByTheirFirstBytes) {
  EXPECT_EQ(KindOfBytes(""), "empty");
  EXPECT_EQ(KindOfBytes("hello"), "other");
  EXPECT_EQ(KindOfBytes(std::string("\0\0\0\0PTMF\0\0\0\0", 12)),
            "torchscript_flatbuffer");
  EXPECT_EQ(KindOfBytes(std::string("\x02\0\0\0\0\0\0\0{}", 10)),
            "safetensors");
  // ir_version 8, a graph of no bytes.
  EXPECT_EQ(KindOfBytes(std::string("\x08\x08\x3a\x00", 4)), "onnx");
  EXPECT_EQ(KindOfBytes(PickleOf("}")), "pickle");
  EXPECT_EQ(KindOf(::testing::TempDir()), "directory");
}

TEST(RecognizeFileTest, ADamagedZipSaysSo) {
  const std::string good = ReadFile(WriteZip(TorchScript()));
  EXPECT_THAT(RefusalOf(WriteFile(good.substr(0, good.size() / 2))),
              HasSubstr("cut short"));
  EXPECT_THAT(RefusalOf(WriteFile(good + "more")), HasSubstr("cut short"));
  std::string renamed = good;
  // In one of the two places where the name stands.
  renamed.replace(renamed.find("m/version"), 9, "m/virsion");
  EXPECT_THAT(RefusalOf(WriteFile(renamed)), HasSubstr("contradicts"));
}

TEST(RecognizeFileTest, AMissingFileIsNotFound) {
  EXPECT_EQ(RecognizeFile("/nonexistent").status().code(),
            absl::StatusCode::kNotFound);
}

TEST(OpenTorchScriptTest, NamesTheKindAndTheRemedy) {
  EXPECT_THAT(RefusalOf(WriteFile("")),
              AllOf(HasSubstr("empty: 0 bytes"), HasSubstr("copy it again")));
  EXPECT_THAT(RefusalOf(WriteFile(std::string("\x08\x08\x3a\x00", 4))),
              AllOf(HasSubstr("an ONNX model"), HasSubstr("sconce export")));
}

TEST(OpenTorchScriptTest, NamesANewerFormat) {
  Records records = TorchScript();
  records["m/version"] = "99\n";
  EXPECT_THAT(RefusalOf(WriteZip(records)),
              AllOf(HasSubstr("version 99"), HasSubstr("newer than 10")));
  records.erase("m/version");
  EXPECT_THAT(RefusalOf(WriteZip(records)), HasSubstr("no version"));
}

// A sparse file of zeros, once as it is and once with the head of a zip.
TEST(RecognizeFileTest, AGigabyteTakesNoTimeAndNoMemory) {
  for (const std::string head : {"", "PK\3\4", "\x08\x08\x3a"}) {
    const std::string path = WriteFile(head);
    std::filesystem::resize_file(path, uint64_t{1} << 30);
    rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(OpenTorchScript(path).ok());
    EXPECT_LE(std::chrono::steady_clock::now() - begin,
              std::chrono::milliseconds(50));
    getrusage(RUSAGE_SELF, &after);
    EXPECT_LE(after.ru_maxrss - before.ru_maxrss, 1024) << "KiB";
    std::filesystem::remove(path);
  }
}

}  // namespace
}  // namespace sconce
