// UploadModel: what arrives whole is stored, everything else leaves nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/test_management.h"

namespace sconce {
namespace {

using management::v1::UploadModelRequest;
using management::v1::UploadModelResponse;
using ::testing::HasSubstr;

UploadModelRequest Header(int64_t size, int64_t offset = 0) {
  UploadModelRequest message;
  message.mutable_header()->set_name("net");
  message.mutable_header()->set_sha256(std::string(64, 'a'));
  message.mutable_header()->set_size(size);
  message.mutable_header()->set_offset(offset);
  return message;
}

UploadModelRequest Chunk(const std::string& bytes) {
  UploadModelRequest message;
  message.set_chunk(bytes);
  return message;
}

// A client's side of one upload.
class Upload {
 public:
  explicit Upload(TestManagement::Stub* stub)
      : writer_(stub->UploadModel(&context_, &response_)) {}

  // A write that comes too late for an upload that was refused is lost.
  void Send(const UploadModelRequest& message) { writer_->Write(message); }
  void Cancel() { context_.TryCancel(); }
  grpc::Status Finish() {
    writer_->WritesDone();
    return writer_->Finish();
  }
  const UploadModelResponse& response() const { return response_; }

 private:
  grpc::ClientContext context_;
  UploadModelResponse response_;
  std::unique_ptr<grpc::ClientWriter<UploadModelRequest>> writer_;
};

void ExpectRefused(Upload* upload, grpc::StatusCode code,
                   const std::string& words) {
  const grpc::Status status = upload->Finish();
  EXPECT_EQ(status.error_code(), code);
  EXPECT_THAT(status.error_message(), HasSubstr(words));
}

TEST(UploadCallTest, AWholeArchiveIsStored) {
  TestManagement server;
  server.control()->upload.finish = 5;
  Upload upload(server.stub());
  upload.Send(Header(6));
  upload.Send(Chunk("abc"));
  upload.Send(Chunk(""));
  upload.Send(Chunk("def"));
  ASSERT_TRUE(upload.Finish().ok());
  EXPECT_EQ(upload.response().name(), "net");
  EXPECT_EQ(upload.response().version(), 5);
  const auto stored = server.control()->stored.Take();
  EXPECT_EQ(stored.request, "net");
  EXPECT_EQ(stored.done, "abcdef");
}

TEST(UploadCallTest, GoesOnWhereAnEarlierOneBroke) {
  TestManagement server;
  server.control()->upload.offset = 4;
  management::v1::GetUploadResponse left;
  ASSERT_TRUE(server.Call(&TestManagement::Stub::GetUpload, {}, &left).ok());
  Upload upload(server.stub());
  upload.Send(Header(6, left.offset()));
  upload.Send(Chunk("ef"));
  ASSERT_TRUE(upload.Finish().ok());
  EXPECT_EQ(server.control()->stored.Take().done, "ef");
}

TEST(UploadCallTest, ABrokenStreamDestroysTheUpload) {
  TestManagement server;
  {
    Upload upload(server.stub());
    upload.Send(Header(6));
    upload.Send(Chunk("abc"));
    while (server.control()->begun == 0) std::this_thread::yield();
    upload.Cancel();
    EXPECT_FALSE(upload.Finish().ok());
  }
  while (server.control()->gone == 0) std::this_thread::yield();
  // The next one finds the service as it was.
  Upload next(server.stub());
  next.Send(Header(1));
  next.Send(Chunk("x"));
  EXPECT_TRUE(next.Finish().ok());
  EXPECT_EQ(server.control()->stored.Take().done, "x");
}

TEST(UploadCallTest, AStreamThatEndsEarlyIsRefused) {
  TestManagement server;
  Upload upload(server.stub());
  upload.Send(Header(6));
  upload.Send(Chunk("abc"));
  ExpectRefused(&upload, grpc::StatusCode::INVALID_ARGUMENT,
                "ended after 3 bytes, expected 6");
  EXPECT_EQ(server.control()->gone, 1);
}

TEST(UploadCallTest, MoreBytesThanAnnouncedAreRefused) {
  TestManagement server;
  Upload upload(server.stub());
  upload.Send(Header(2));
  upload.Send(Chunk("abc"));
  ExpectRefused(&upload, grpc::StatusCode::INVALID_ARGUMENT,
                "more than 2 bytes");
  EXPECT_EQ(server.control()->gone, 1);
}

TEST(UploadCallTest, TheControlMayRefuseItAtOnce) {
  TestManagement server;
  server.control()->upload.begin =
      absl::AlreadyExistsError("version 1 is there");
  Upload upload(server.stub());
  upload.Send(Header(2));
  ExpectRefused(&upload, grpc::StatusCode::ALREADY_EXISTS, "version 1");
}

TEST(UploadCallTest, AFullDiskEndsIt) {
  TestManagement server;
  server.control()->upload.append = absl::ResourceExhaustedError("no space");
  Upload upload(server.stub());
  upload.Send(Header(2));
  upload.Send(Chunk("a"));
  ExpectRefused(&upload, grpc::StatusCode::RESOURCE_EXHAUSTED, "no space");
  EXPECT_EQ(server.control()->gone, 1);
}

TEST(UploadCallTest, AnArchiveThatDoesNotLoadIsTold) {
  TestManagement server;
  server.control()->upload.finish = absl::InvalidArgumentError("no archive");
  Upload upload(server.stub());
  upload.Send(Header(1));
  upload.Send(Chunk("a"));
  ExpectRefused(&upload, grpc::StatusCode::INVALID_ARGUMENT, "no archive");
}

TEST(UploadCallTest, TheHeaderComesFirstAndOnce) {
  TestManagement server;
  Upload without(server.stub());
  without.Send(Chunk("abc"));
  ExpectRefused(&without, grpc::StatusCode::INVALID_ARGUMENT, "no header");
  Upload twice(server.stub());
  twice.Send(Header(1));
  twice.Send(Header(1));
  ExpectRefused(&twice, grpc::StatusCode::INVALID_ARGUMENT, "no chunk");
  Upload nothing(server.stub());
  ExpectRefused(&nothing, grpc::StatusCode::INVALID_ARGUMENT, "empty");
}

TEST(UploadCallTest, HeadersThatCannotBeAreRefused) {
  TestManagement server;
  Upload no_size(server.stub());
  no_size.Send(Header(0));
  ExpectRefused(&no_size, grpc::StatusCode::INVALID_ARGUMENT, "size is 0");
  Upload beyond(server.stub());
  beyond.Send(Header(2, 3));
  ExpectRefused(&beyond, grpc::StatusCode::INVALID_ARGUMENT, "offset is 3");
  EXPECT_EQ(server.control()->begun, 0);
}

// An upload whose bytes do not come holds no thread.
TEST(UploadCallTest, SlowClientsHoldUpNobody) {
  TestManagement server;
  std::vector<std::unique_ptr<Upload>> slow;
  for (int i = 0; i < 8; ++i) {
    slow.push_back(std::make_unique<Upload>(server.stub()));
    slow.back()->Send(Header(1));
  }
  while (server.control()->begun < 8) std::this_thread::yield();
  Upload quick(server.stub());
  quick.Send(Header(1));
  quick.Send(Chunk("q"));
  EXPECT_TRUE(quick.Finish().ok());
  EXPECT_EQ(server.control()->stored.Take().done, "q");
  for (auto& upload : slow) {
    upload->Send(Chunk("s"));
    EXPECT_TRUE(upload->Finish().ok());
  }
}

}  // namespace
}  // namespace sconce
