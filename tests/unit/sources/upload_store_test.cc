#include "server/sources/upload_store.h"

#include <signal.h>
#include <sys/resource.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/sources/sha256.h"
#include "tests/support/nth_call.h"
#include "tests/unit/sources/folder_entries.h"
#include "tests/unit/sources/temp_repository.h"

namespace sconce {
namespace {

namespace fs = std::filesystem;

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

using Upload = std::unique_ptr<StagedUpload>;

std::string HashOf(const std::string& bytes) {
  Sha256 hash;
  hash.Update(bytes);
  return hash.Finish();
}

UploadRequest RequestFor(const std::string& bytes) {
  UploadRequest request;
  request.model = "net";
  request.sha256 = HashOf(bytes);
  request.size = static_cast<int64_t>(bytes.size());
  return request;
}

UploadRequest ResumableFor(const std::string& bytes, int64_t offset = 0) {
  UploadRequest request = RequestFor(bytes);
  request.resumable = true;
  request.offset = offset;
  return request;
}

class UploadStoreTest : public testing::Test {
 protected:
  UploadStoreTest() { options_.repository = repository_.path(); }

  UploadStore& store() {
    if (store_ == nullptr) store_ = std::make_unique<UploadStore>(options_);
    return *store_;
  }

  Upload Begin(const UploadRequest& request) {
    absl::StatusOr<Upload> upload = store().Begin(request);
    EXPECT_TRUE(upload.ok()) << upload.status();
    return upload.ok() ? *std::move(upload) : nullptr;
  }

  absl::Status BeginFails(const UploadRequest& request) {
    absl::Status status = store().Begin(request).status();
    EXPECT_THAT(std::string(status.message()),
                Not(HasSubstr(repository_.path())));
    return status;
  }

  // Leaves the first bytes of an archive there.
  void LeavePart(const std::string& whole, size_t count) {
    const Upload upload = Begin(ResumableFor(whole));
    ASSERT_TRUE(upload->Append(whole.substr(0, count)).ok());
  }

  // All of an upload, up to its first error.
  absl::Status UploadAll(const std::string& bytes, int64_t version) {
    auto upload = store().Begin(RequestFor(bytes));
    if (!upload.ok()) return upload.status();
    const absl::Status appended = (*upload)->Append(bytes);
    return appended.ok() ? (*upload)->Publish("net", version) : appended;
  }

  // After `call` failed for want of space.
  void ExpectNothingStored(const absl::Status& status,
                           const std::string& call) const {
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted)
        << call << ": " << status;
    EXPECT_THAT(std::string(status.message()),
                Not(HasSubstr(repository_.path())));
    EXPECT_THAT(Files(), IsEmpty()) << call;
    EXPECT_FALSE(fs::exists(repository_.path("net"))) << call;
  }

  std::set<std::string> Files() const { return FilesBelow(repository_.path()); }

  // Makes what is staged look as if it was left two hours ago.
  void AgeStaged() const {
    const fs::path folder = repository_.path(".sconce/uploads");
    for (const auto& entry : fs::directory_iterator(folder)) {
      fs::last_write_time(
          entry, fs::file_time_type::clock::now() - std::chrono::hours(2));
    }
  }

  const TempRepository repository_;
  UploadStore::Options options_;
  std::unique_ptr<UploadStore> store_;
};

TEST_F(UploadStoreTest, AnUploadBecomesAVersion) {
  const Upload upload = Begin(RequestFor("weights"));
  ASSERT_TRUE(upload->Append("wei").ok());
  ASSERT_TRUE(upload->Append("").ok());
  ASSERT_TRUE(upload->Append("ghts").ok());
  EXPECT_EQ(upload->offset(), 7);
  EXPECT_FALSE(fs::exists(repository_.path("net")));
  EXPECT_TRUE(upload->Publish("net", 3).ok());
  EXPECT_TRUE(upload->Confirm().ok());
  EXPECT_THAT(Files(), ElementsAre("net/3/model.pt"));
  EXPECT_EQ(ContentOf(repository_.path("net/3/model.pt")), "weights");
}

TEST_F(UploadStoreTest, APublishedVersionOutlivesItsUpload) {
  for (int64_t version : {1, 2}) {
    const Upload upload = Begin(RequestFor("weights"));
    ASSERT_TRUE(upload->Append("weights").ok());
    ASSERT_TRUE(upload->Publish("net", version).ok());
    ASSERT_TRUE(upload->Confirm().ok());
  }
  EXPECT_THAT(Files(), ElementsAre("net/1/model.pt", "net/2/model.pt"));
}

TEST_F(UploadStoreTest, TheHashMayBeInUpperCase) {
  UploadRequest request = RequestFor("weights");
  absl::AsciiStrToUpper(&request.sha256);
  const Upload upload = Begin(request);
  ASSERT_TRUE(upload->Append("weights").ok());
  EXPECT_TRUE(upload->Publish("net", 1).ok());
}

TEST_F(UploadStoreTest, RequestsThatCannotBeAreRefused) {
  options_.max_bytes = 10;
  const UploadRequest good = RequestFor("weights");
  UploadRequest bad = good;
  bad.sha256 = "../../" + good.sha256.substr(6);
  EXPECT_EQ(BeginFails(bad).code(), absl::StatusCode::kInvalidArgument);
  bad = good;
  bad.size = 0;
  EXPECT_EQ(BeginFails(bad).code(), absl::StatusCode::kInvalidArgument);
  bad = good;
  bad.offset = -1;
  EXPECT_EQ(BeginFails(bad).code(), absl::StatusCode::kInvalidArgument);
  bad.offset = 8;
  EXPECT_EQ(BeginFails(bad).code(), absl::StatusCode::kInvalidArgument);
  bad = good;
  bad.size = 11;
  const absl::Status too_large = BeginFails(bad);
  EXPECT_EQ(too_large.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(too_large.message()),
              AllOf(HasSubstr("11"), HasSubstr("10")));
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(UploadStoreTest, MoreBytesThanAnnouncedLeaveNothing) {
  Upload upload = Begin(ResumableFor("weights"));
  ASSERT_TRUE(upload->Append("weigh").ok());
  EXPECT_EQ(upload->Append("tsX").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(upload->Append("ts").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(upload->Publish("net", 1).code(),
            absl::StatusCode::kInvalidArgument);
  upload.reset();
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(UploadStoreTest, OtherBytesThanAnnouncedLeaveNothing) {
  Upload upload = Begin(ResumableFor("weights"));
  ASSERT_TRUE(upload->Append("WEIGHTS").ok());
  const absl::Status status = upload->Publish("net", 1);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      std::string(status.message()),
      AllOf(HasSubstr(HashOf("weights")), HasSubstr(HashOf("WEIGHTS"))));
  upload.reset();
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(UploadStoreTest, TooFewBytesLeaveNothing) {
  Upload upload = Begin(RequestFor("weights"));
  ASSERT_TRUE(upload->Append("wei").ok());
  const absl::Status status = upload->Publish("net", 1);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("3"), HasSubstr("7")));
  upload.reset();
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(UploadStoreTest, ABrokenUploadLeavesNothing) {
  ASSERT_TRUE(Begin(RequestFor("weights"))->Append("wei").ok());
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(UploadStoreTest, AResumableUploadGoesOnWhereItEnded) {
  LeavePart("weights", 3);
  EXPECT_THAT(Files(), SizeIs(1));
  const Upload upload = Begin(ResumableFor("weights", 3));
  EXPECT_EQ(upload->offset(), 3);
  ASSERT_TRUE(upload->Append("ghts").ok());
  EXPECT_TRUE(upload->Publish("net", 1).ok());
  EXPECT_EQ(ContentOf(repository_.path("net/1/model.pt")), "weights");
}

TEST_F(UploadStoreTest, AResumableUploadThatIsTooShortIsKept) {
  Upload upload = Begin(ResumableFor("weights"));
  ASSERT_TRUE(upload->Append("wei").ok());
  EXPECT_EQ(upload->Publish("net", 1).code(),
            absl::StatusCode::kInvalidArgument);
  upload.reset();
  EXPECT_EQ(Begin(ResumableFor("weights", 3))->offset(), 3);
}

TEST_F(UploadStoreTest, WhatWasLeftIsHashedAgain) {
  LeavePart("weights", 3);
  for (const std::string& file : Files()) repository_.AddFile(file, "WEI");
  const Upload upload = Begin(ResumableFor("weights", 3));
  ASSERT_TRUE(upload->Append("ghts").ok());
  EXPECT_EQ(upload->Publish("net", 1).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(UploadStoreTest, AnotherOffsetIsToldWhereToGoOn) {
  LeavePart("weights", 3);
  for (const int64_t offset : {0, 2, 4}) {
    const absl::Status status = BeginFails(ResumableFor("weights", offset));
    EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("go on from offset 3"));
  }
  EXPECT_EQ(Begin(ResumableFor("weights", 3))->offset(), 3);
}

TEST_F(UploadStoreTest, AnOffsetWithoutAnEarlierUploadIsOutOfRange) {
  const absl::Status status = BeginFails(ResumableFor("weights", 3));
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(std::string(status.message()), HasSubstr("go on from offset 0"));
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(UploadStoreTest, AnUploadThatIsNotResumableStartsAnew) {
  LeavePart("weights", 3);
  const Upload upload = Begin(RequestFor("weights"));
  EXPECT_EQ(upload->offset(), 0);
  ASSERT_TRUE(upload->Append("weights").ok());
  EXPECT_TRUE(upload->Publish("net", 1).ok());
  EXPECT_EQ(ContentOf(repository_.path("net/1/model.pt")), "weights");
}

TEST_F(UploadStoreTest, TheSameArchiveTwiceAtOnceIsAborted) {
  Upload first = Begin(ResumableFor("weights"));
  ASSERT_TRUE(first->Append("wei").ok());
  EXPECT_EQ(BeginFails(ResumableFor("weights", 3)).code(),
            absl::StatusCode::kAborted);
  EXPECT_EQ(BeginFails(RequestFor("weights")).code(),
            absl::StatusCode::kAborted);
  ASSERT_TRUE(first->Append("ghts").ok());
  EXPECT_TRUE(first->Publish("net", 1).ok());
}

TEST_F(UploadStoreTest, DifferentArchivesGoTogether) {
  const Upload one = Begin(RequestFor("one"));
  const Upload two = Begin(RequestFor("two"));
  ASSERT_TRUE(one->Append("one").ok());
  ASSERT_TRUE(two->Append("two").ok());
  EXPECT_TRUE(two->Publish("net", 2).ok());
  EXPECT_TRUE(one->Publish("net", 1).ok());
  EXPECT_EQ(ContentOf(repository_.path("net/1/model.pt")), "one");
  EXPECT_EQ(ContentOf(repository_.path("net/2/model.pt")), "two");
}

TEST_F(UploadStoreTest, TheSameArchiveForTwoModelsGoesTogether) {
  const Upload net = Begin(ResumableFor("weights"));
  ASSERT_TRUE(net->Append("wei").ok());
  UploadRequest request = RequestFor("weights");
  request.model = "other";
  const Upload other = Begin(request);
  ASSERT_TRUE(other->Append("weights").ok());
  EXPECT_TRUE(other->Publish("other", 1).ok());
  ASSERT_TRUE(net->Append("ghts").ok());
  EXPECT_TRUE(net->Publish("net", 1).ok());
}

TEST_F(UploadStoreTest, AVersionThatIsThereIsNotReplaced) {
  repository_.AddFile("net/1/model.pt", "old");
  EXPECT_EQ(UploadAll("weights", 1).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(Files(), ElementsAre("net/1/model.pt"));
  EXPECT_EQ(ContentOf(repository_.path("net/1/model.pt")), "old");
}

TEST_F(UploadStoreTest, WhatNobodyWentOnWithIsRemoved) {
  LeavePart("weights", 3);
  store().Clean();
  EXPECT_THAT(Files(), SizeIs(1));
  AgeStaged();
  store().Clean();
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(UploadStoreTest, AnOldLeftoverIsNotGoneOnWith) {
  LeavePart("weights", 3);
  AgeStaged();
  EXPECT_EQ(BeginFails(ResumableFor("weights", 3)).code(),
            absl::StatusCode::kOutOfRange);
}

TEST_F(UploadStoreTest, AnUploadInProgressIsNotRemoved) {
  const Upload upload = Begin(RequestFor("weights"));
  ASSERT_TRUE(upload->Append("wei").ok());
  AgeStaged();
  store().Clean();
  UploadStore(options_).RemoveLeftovers();  // of another process
  ASSERT_TRUE(upload->Append("ghts").ok());
  EXPECT_TRUE(upload->Publish("net", 1).ok());
}

TEST_F(UploadStoreTest, WhatAnEarlierProcessLeftIsRemoved) {
  repository_.AddFile(".sconce/uploads/" + std::string(64, 'a') + ".part");
  repository_.AddFile(".sconce/uploads/" + std::string(64, 'b') +
                      ".version/model.pt");
  repository_.AddFile(".sconce/registry.json");
  store().RemoveLeftovers();
  EXPECT_THAT(Files(), ElementsAre(".sconce/registry.json"));
}

TEST_F(UploadStoreTest, WhatWasNeverConfirmedIsRemoved) {
  repository_.AddFile("net/1/model.pt");
  {
    const Upload upload = Begin(RequestFor("weights"));
    ASSERT_TRUE(upload->Append("weights").ok());
    ASSERT_TRUE(upload->Publish("net", 2).ok());
    UploadStore(options_).RemoveLeftovers();  // while it is loaded
    EXPECT_TRUE(fs::exists(repository_.path("net/2/model.pt")));
  }
  UploadStore(options_).RemoveLeftovers();
  EXPECT_THAT(Files(), ElementsAre("net/1/model.pt"));
}

TEST_F(UploadStoreTest, OtherBytesInItsPlaceAreNotPublished) {
  const Upload upload = Begin(RequestFor("weights"));
  ASSERT_TRUE(upload->Append("weights").ok());
  const std::string staged = *Files().begin();
  fs::remove(repository_.path(staged));
  repository_.AddFile(staged, "others");
  EXPECT_EQ(upload->Publish("net", 1).code(), absl::StatusCode::kAborted);
  EXPECT_THAT(Files(), ElementsAre(staged));
}

TEST_F(UploadStoreTest, AFailureOfAnyCallLeavesNothing) {
  std::set<std::string> failed;
  for (int n = 1;; ++n) {
    store();
    const FailNthCall fault(n, ENOSPC);
    const absl::Status status = UploadAll("weights", 1);
    if (fault.failed().empty()) break;
    failed.insert(fault.failed());
    ExpectNothingStored(status, fault.failed());
  }
  EXPECT_THAT(failed, ElementsAre("fallocate", "fsync", "mkdir", "open",
                                  "rename", "write"));
}

TEST_F(UploadStoreTest, AFullDiskLeavesNoPartOfAResumableUploadEither) {
  Upload upload = Begin(ResumableFor("weights"));
  ASSERT_TRUE(upload->Append("wei").ok());
  {
    const FailNthCall fault(1, EDQUOT);
    EXPECT_EQ(upload->Append("ghts").code(),
              absl::StatusCode::kResourceExhausted);
  }
  upload.reset();
  EXPECT_THAT(Files(), IsEmpty());
}

// The kernel itself refuses to write on.
TEST_F(UploadStoreTest, TheLimitOfAFilesSizeIsResourceExhausted) {
  const std::string bytes(100000, 'w');
  Upload upload = Begin(RequestFor(bytes));
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = signal(SIGXFSZ, SIG_IGN);
  const rlimit small = {5000, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::Status status = upload->Append(bytes);
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, handler);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  upload.reset();
  EXPECT_THAT(Files(), IsEmpty());
}

}  // namespace
}  // namespace sconce
