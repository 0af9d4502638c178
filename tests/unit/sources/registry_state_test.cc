#include "server/sources/registry_state.h"

#include <cerrno>
#include <filesystem>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/sources/registry_state_text.h"
#include "tests/support/nth_call.h"
#include "tests/unit/sources/folder_entries.h"
#include "tests/unit/sources/temp_repository.h"

namespace sconce {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

RegistryState OneModel() {
  RegistryState state;
  ModelRecord& record = state["net"];
  record.loaded = true;
  record.versions = {2, 3};
  record.chosen = {3};
  record.routes.aliases = {{"canary", 3}, {"stable", 2}};
  record.routes.traffic = {{2, 90}, {3, 10}};
  record.history = {1, 2};
  return state;
}

class RegistryStateFileTest : public testing::Test {
 protected:
  // Reads with the log in `log_`.
  RegistryState Read() {
    testing::internal::CaptureStderr();
    RegistryState state = file_.Read();
    log_ = testing::internal::GetCapturedStderr();
    return state;
  }

  // What reading `text` gives has to be empty, and the file set aside.
  void ExpectSetAside(const std::string& text) {
    repository_.AddFile(".sconce/registry.json", text);
    EXPECT_THAT(Read(), IsEmpty()) << text;
    const std::set<std::string> files = FilesBelow(repository_.path());
    ASSERT_THAT(files, SizeIs(1)) << text;
    EXPECT_THAT(*files.begin(), HasSubstr(".sconce/registry.json.corrupt-"));
    EXPECT_THAT(log_, HasSubstr(*files.begin()));
    EXPECT_EQ(ContentOf(repository_.path(*files.begin())), text);
    std::filesystem::remove(repository_.path(*files.begin()));
  }

  const TempRepository repository_;
  RegistryStateFile file_{repository_.path(".sconce/registry.json")};
  std::string log_;
};

TEST_F(RegistryStateFileTest, AMissingFileIsAnEmptyState) {
  EXPECT_THAT(Read(), IsEmpty());
  EXPECT_THAT(log_, IsEmpty());
}

TEST_F(RegistryStateFileTest, WhatIsWrittenIsRead) {
  ASSERT_TRUE(file_.Write(OneModel()).ok());
  const RegistryState state = Read();
  ASSERT_THAT(state, SizeIs(1));
  const ModelRecord& record = state.at("net");
  EXPECT_TRUE(record.loaded);
  EXPECT_THAT(record.versions, ElementsAre(2, 3));
  EXPECT_THAT(record.chosen, ElementsAre(3));
  EXPECT_THAT(record.routes.aliases,
              ElementsAre(std::pair("canary", 3), std::pair("stable", 2)));
  ASSERT_THAT(record.routes.traffic, SizeIs(2));
  EXPECT_EQ(record.routes.traffic[1].version, 3);
  EXPECT_EQ(record.routes.traffic[1].weight, 10u);
  EXPECT_THAT(record.history, ElementsAre(1, 2));
  EXPECT_THAT(log_, IsEmpty());
}

TEST_F(RegistryStateFileTest, AModelWithoutAnythingIsRead) {
  ASSERT_TRUE(file_.Write({{"net", ModelRecord{}}}).ok());
  EXPECT_THAT(Read(), SizeIs(1));
}

TEST_F(RegistryStateFileTest, AFileOfAnEarlierServerIsRead) {
  repository_.AddFile(
      ".sconce/registry.json",
      R"({"format":1,"models":{"net":{"loaded":true,"versions":[1],)"
      R"("aliases":{},"traffic":[],"history":[]}}})");
  EXPECT_THAT(Read().at("net").versions, ElementsAre(1));
  EXPECT_THAT(log_, IsEmpty());
}

TEST_F(RegistryStateFileTest, OfALongHistoryTheLatestAreKept) {
  RegistryState state;
  for (int64_t version = 1; version <= 20; ++version) {
    state["net"].history.push_back(version);
  }
  ASSERT_TRUE(file_.Write(state).ok());
  const RegistryState read = Read();
  ASSERT_THAT(read.at("net").history, SizeIs(kMostHistory));
  EXPECT_EQ(read.at("net").history.front(), 5);
  EXPECT_EQ(read.at("net").history.back(), 20);
}

TEST_F(RegistryStateFileTest, TheFileIsReplaced) {
  ASSERT_TRUE(file_.Write(OneModel()).ok());
  ASSERT_TRUE(file_.Write({}).ok());
  EXPECT_THAT(Read(), IsEmpty());
  EXPECT_THAT(FilesBelow(repository_.path()),
              ElementsAre(".sconce/registry.json"));
}

TEST_F(RegistryStateFileTest, OneServerAtATimeWrites) {
  RegistryStateFile other(repository_.path(".sconce/registry.json"));
  {
    RegistryStateFile first(repository_.path(".sconce/registry.json"));
    ASSERT_TRUE(first.Write(OneModel()).ok());
    const absl::Status refused = other.Write({});
    EXPECT_TRUE(absl::IsFailedPrecondition(refused));
    EXPECT_THAT(std::string(refused.message()), HasSubstr("another server"));
    EXPECT_THAT(other.Read(), SizeIs(1));
    EXPECT_TRUE(first.Write(OneModel()).ok());
  }
  EXPECT_TRUE(other.Write({}).ok());
  EXPECT_THAT(Read(), IsEmpty());
}

TEST_F(RegistryStateFileTest, WhatIsNoStateIsSetAside) {
  for (const char* const text :
       {"", "{", "null", "[]", "7", R"({"models":{}})",
        R"({"format":"1","models":{}})", R"({"format":2,"models":{}})",
        R"({"format":1})", R"({"format":1,"models":[]})",
        R"({"format":1,"models":{"net":null}})",
        R"({"format":1,"models":{"net":{}}})"}) {
    ExpectSetAside(text);
  }
  ExpectSetAside(std::string(100000, '['));
}

TEST_F(RegistryStateFileTest, ABrokenRecordSetsTheWholeFileAside) {
  const std::string good = RegistryStateToText(OneModel());
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    EXPECT_NE(text.find(from), std::string::npos) << from;
    return text.replace(text.find(from), from.size(), to);
  };
  ExpectSetAside(with("\"loaded\": true", "\"loaded\": 1"));
  ExpectSetAside(with("\"stable\": 2", "\"stable\": 0"));
  ExpectSetAside(with("\"stable\": 2", "\"stable\": -2"));
  ExpectSetAside(with("\"stable\": 2", "\"stable\": 2.5"));
  ExpectSetAside(with("\"stable\": 2", "\"stable\": 18446744073709551615"));
  ExpectSetAside(with("\"stable\": 2", "\"\": 2"));
  ExpectSetAside(with("\"weight\": 90", "\"weight\": -90"));
  ExpectSetAside(with("\"weight\": 90", "\"weight\": 4294967296"));
  ExpectSetAside(with("\"weight\": 90", "\"share\": 90"));
  ExpectSetAside(with("\"versions\": [", "\"versions\": [\"2\","));
  ExpectSetAside(with("\"net\"", "\"\""));
  ExpectSetAside(
      with("\"history\": [", "\"history\": [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"));
}

TEST_F(RegistryStateFileTest, AFolderInItsPlaceIsSetAside) {
  repository_.AddFolder(".sconce/registry.json");
  EXPECT_THAT(Read(), IsEmpty());
  EXPECT_THAT(log_, HasSubstr("registry.json.corrupt-"));
  EXPECT_TRUE(file_.Write(OneModel()).ok());
}

TEST_F(RegistryStateFileTest, WhatCannotBeSetAsideIsEmptyToo) {
  repository_.AddFile(".sconce/registry.json", "{");
  const FailNthCall fault(1, EROFS);
  EXPECT_THAT(Read(), IsEmpty());
  EXPECT_THAT(log_, HasSubstr("cannot be set aside"));
}

TEST_F(RegistryStateFileTest, TextThatIsNotUtf8IsNoCrash) {
  EXPECT_TRUE(file_.Write({{"a\xff", ModelRecord{}}}).ok());
  EXPECT_THAT(Read(), SizeIs(1));
}

TEST_F(RegistryStateFileTest, AFailureOfAnyCallLeavesTheOldOrTheNewState) {
  std::set<std::string> failed;
  for (int n = 1;; ++n) {
    ASSERT_TRUE(file_.Write({}).ok());
    absl::Status status;
    {
      const FailNthCall fault(n, ENOSPC);
      status = file_.Write(OneModel());
      if (fault.failed().empty()) break;
      failed.insert(fault.failed());
    }
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(std::string(status.message()),
                Not(HasSubstr(repository_.path())));
    EXPECT_THAT(Read().size(), AnyOf(0u, 1u));
    EXPECT_THAT(FilesBelow(repository_.path()),
                ElementsAre(".sconce/registry.json"));
  }
  EXPECT_THAT(failed, ElementsAre("fsync", "mkdir", "open", "rename", "write"));
}

TEST_F(RegistryStateFileTest, AReadOnlyDiskIsAFailedPrecondition) {
  const FailNthCall fault(2, EROFS);
  EXPECT_EQ(file_.Write(OneModel()).code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace sconce
