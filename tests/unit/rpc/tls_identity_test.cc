#include "server/rpc/tls_identity.h"

#include <filesystem>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/support/test_certificates.h"
#include "tests/unit/sources/temp_repository.h"

namespace sconce {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class TlsIdentityTest : public testing::Test {
 protected:
  TlsIdentityTest() { PutServer(); }

  // In one step, as another file each time.
  void Put(const std::string& file, const std::string& text) {
    folder_.AddFile(".new", text);
    std::filesystem::rename(folder_.path(".new"), folder_.path(file));
  }
  void PutServer() {
    Put("tls.crt", kTestServerCertificate);
    Put("tls.key", kTestServerKey);
  }

  void Load() {
    auto loaded = TlsIdentity::Load(folder_.path());
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    identity_ = *std::move(loaded);
  }
  // What was logged meanwhile is in log_.
  std::string LatestKey() {
    testing::internal::CaptureStderr();
    std::string key = identity_->Latest()->key;
    log_ = testing::internal::GetCapturedStderr();
    return key;
  }

  TempRepository folder_;
  std::unique_ptr<TlsIdentity> identity_;
  std::string log_;
};

TEST_F(TlsIdentityTest, UnfitFilesAreToldWithTheFolder) {
  Put("tls.key", kTestClientKey);
  const absl::Status status = TlsIdentity::Load(folder_.path()).status();
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(folder_.path()), HasSubstr("tls.key"),
                    HasSubstr("--tls takes a folder with tls.crt, tls.key")));
}

TEST_F(TlsIdentityTest, WhatHasNotChangedIsTheSame) {
  Load();
  EXPECT_FALSE(identity_->asks_clients());
  EXPECT_EQ(identity_->Latest(), identity_->Latest());
}

TEST_F(TlsIdentityTest, NewFilesApplyAtOnceAndAreToldOnce) {
  Load();
  const auto before = identity_->Latest();
  Put("tls.crt", kTestClientCertificate);
  Put("tls.key", kTestClientKey);
  EXPECT_EQ(LatestKey(), kTestClientKey);
  EXPECT_THAT(log_, AllOf(HasSubstr("replaced"), HasSubstr("2120")));
  EXPECT_EQ(before->key, kTestServerKey);  // for who still uses it
  LatestKey();
  EXPECT_EQ(log_, "");
}

// As the kubelet and cert-manager do: the folder's files are links.
TEST_F(TlsIdentityTest, AFolderMayBeReplacedByALink) {
  for (const char* file : {"tls.crt", "tls.key"}) {
    std::filesystem::remove(folder_.path(file));
    folder_.AddLink(file, std::string("..data/") + file);
  }
  folder_.AddFile("..1/tls.crt", kTestServerCertificate);
  folder_.AddFile("..1/tls.key", kTestServerKey);
  folder_.AddLink("..data", "..1");
  Load();
  folder_.AddFile("..2/tls.crt", kTestClientCertificate);
  folder_.AddFile("..2/tls.key", kTestClientKey);
  folder_.AddLink("..data_tmp", "..2");
  std::filesystem::rename(folder_.path("..data_tmp"), folder_.path("..data"));
  EXPECT_EQ(LatestKey(), kTestClientKey);
}

TEST_F(TlsIdentityTest, UnfitNewFilesAreToldOnceAndTheEarlierStay) {
  Load();
  Put("tls.key", kTestClientKey);
  EXPECT_EQ(LatestKey(), kTestServerKey);
  EXPECT_THAT(log_, AllOf(HasSubstr("warning"), HasSubstr("not the key of")));
  LatestKey();
  EXPECT_EQ(log_, "");
  Put("tls.crt", kTestClientCertificate);  // the other half
  EXPECT_EQ(LatestKey(), kTestClientKey);
}

TEST_F(TlsIdentityTest, AFolderThatIsGoneLeavesTheFiles) {
  Load();
  std::filesystem::remove_all(folder_.path());
  EXPECT_EQ(LatestKey(), kTestServerKey);
}

TEST_F(TlsIdentityTest, WhetherClientsNeedACertificateStaysAsItWas) {
  Load();
  Put("ca.crt", kTestAuthority);
  EXPECT_EQ(identity_->Latest()->authorities, "");
  Load();
  EXPECT_TRUE(identity_->asks_clients());
  std::filesystem::remove(folder_.path("ca.crt"));
  LatestKey();
  EXPECT_THAT(log_, HasSubstr("ca.crt is gone"));
  EXPECT_EQ(identity_->Latest()->authorities, kTestAuthority);
}

TEST_F(TlsIdentityTest, OtherAuthoritiesApply) {
  Put("ca.crt", kTestAuthority);
  Load();
  const std::string both = std::string(kTestAuthority) + kTestAuthority;
  Put("ca.crt", both);
  EXPECT_EQ(identity_->Latest()->authorities, both);
}

}  // namespace
}  // namespace sconce
