#include "server/runtime/archive/integrity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/runtime/archive/archive_writer.h"

namespace sconce {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

absl::Status Check(const std::string& path) {
  const absl::StatusOr<ZipArchive> archive = ZipArchive::Open(path);
  return archive.ok() ? CheckIntegrity(*archive) : archive.status();
}

absl::Status CheckRecords(const Records& records) {
  return Check(WriteZip(records));
}

// An archive whose only tensor is described so.
absl::Status CheckTensor(const TensorText& tensor, size_t bytes = 16) {
  Records records = TorchScript();
  records["m/data.pkl"] = PickleOf(Tensor(tensor));
  records["m/data/0"] = std::string(bytes, 'w');
  return CheckRecords(records);
}

void ExpectRefused(const absl::Status& status, const std::string& part) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(part));
}

TEST(CheckIntegrityTest, AcceptsWhatWasWritten) {
  EXPECT_TRUE(CheckRecords(TorchScript()).ok()) << CheckRecords(TorchScript());
  const absl::Status deflated = Check(WriteZip(TorchScript(), true));
  EXPECT_TRUE(deflated.ok()) << deflated;
}

TEST(CheckIntegrityTest, NamesTheRecordOfAFlippedByte) {
  std::string bytes = ReadFile(WriteZip(TorchScript()));
  bytes[bytes.find("wwww")] ^= 1;
  ExpectRefused(Check(WriteFile(bytes)), "record 'data/0' does not match");
}

TEST(CheckIntegrityTest, NamesTheStorageOfAShortRecord) {
  const absl::Status status = CheckTensor({}, 15);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("storage '0' needs 16 bytes, its record has 15"),
                    HasSubstr("data.pkl")));
}

TEST(CheckIntegrityTest, NamesAStorageWithoutARecord) {
  Records records = TorchScript();
  records.erase("m/data/0");
  ExpectRefused(CheckRecords(records), "has no record");
}

TEST(CheckIntegrityTest, StoragesOfConstantsHaveRecordsOfTheirOwn) {
  Records records = TorchScript();
  records["m/constants.pkl"] = PickleOf(Tuple({Tensor({})}));
  ExpectRefused(CheckRecords(records), "constants.pkl: ");
  records["m/constants/0"] = std::string(16, 'c');
  EXPECT_TRUE(CheckRecords(records).ok());
}

TEST(CheckIntegrityTest, RefusesTensorsBeyondTheirStorage) {
  ExpectRefused(CheckTensor({.sizes = {3, 2}}), "reaches to element 6");
  ExpectRefused(CheckTensor({.strides = {3, 1}}), "reaches to element 5");
  ExpectRefused(CheckTensor({.offset = 1}), "reaches to element 5");
  ExpectRefused(CheckTensor({.offset = -1}), "make no sense");
  ExpectRefused(CheckTensor({.sizes = {2, -2}}), "make no sense");
  ExpectRefused(CheckTensor({.strides = {2, -1}}), "make no sense");
  ExpectRefused(CheckTensor({.sizes = {2}}), "make no sense");
  ExpectRefused(
      CheckTensor({.sizes = {INT64_MAX, INT64_MAX}, .strides = {8, 8}}),
      "make no sense");
  ExpectRefused(CheckTensor({.elements = INT64_MAX}), "claims");
}

TEST(CheckIntegrityTest, AcceptsTensorsWithoutElementsAndExpandedOnes) {
  EXPECT_TRUE(CheckTensor({.sizes = {0, 9}, .strides = {9, 1}}).ok());
  EXPECT_TRUE(CheckTensor({.sizes = {900, 4}, .strides = {0, 1}}).ok());
  EXPECT_TRUE(
      CheckTensor({.elements = 0, .sizes = {0}, .strides = {1}}, 0).ok());
}

TEST(CheckIntegrityTest, RefusesDeeplyNestedPickles) {
  for (const char* name : {"m/data.pkl", "m/traced_inputs.pkl"}) {
    Records records = TorchScript();
    records[name] = PickleOf(")" + std::string(200'000, '\x85'));
    ExpectRefused(CheckRecords(records), "deeper than 1000");
  }
}

TEST(CheckIntegrityTest, RefusesAZipBomb) {
  Records records = TorchScript();
  records["m/code/a.py"] = std::string(0x12345, ' ');
  std::string bytes = ReadFile(WriteZip(records, true));
  // Both places that say how long the record is.
  const std::string size("\x45\x23\x01\x00", 4);
  for (size_t at = 0; (at = bytes.find(size)) != std::string::npos;) {
    bytes.replace(at, 4, std::string("\x01\x00\x00\x10", 4));
  }
  ExpectRefused(Check(WriteFile(bytes)), "compressed records");
}

TEST(CheckIntegrityTest, RefusesNamesThatLibTorchWouldMixUp) {
  Records records = TorchScript();
  records["m/DATA.pkl"] = PickleOf("}");
  ExpectRefused(CheckRecords(records), "two records");
  records = TorchScript();
  records["n/data.pkl"] = PickleOf("}");
  ExpectRefused(CheckRecords(records), "another folder");
}

}  // namespace
}  // namespace sconce
