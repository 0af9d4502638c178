#include "server/rpc/tls_files.h"

#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/support/test_certificates.h"
#include "tests/unit/sources/temp_repository.h"

namespace sconce {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class TlsFilesTest : public testing::Test {
 protected:
  TlsFilesTest() {
    folder_.AddFile("tls.crt", kTestServerCertificate);
    folder_.AddFile("tls.key", kTestServerKey);
  }

  std::string Fault() {
    const absl::Status status = ReadTlsFiles(folder_.path()).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  }
  void Remove(const std::string& file) {
    std::filesystem::remove(folder_.path(file));
  }

  TempRepository folder_;
};

TEST_F(TlsFilesTest, CertificateAndKeyAreRead) {
  const auto files = ReadTlsFiles(folder_.path());
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ(files->certificate, kTestServerCertificate);
  EXPECT_EQ(files->key, kTestServerKey);
  EXPECT_EQ(files->authorities, "");
  EXPECT_EQ(absl::FormatTime("%Y-%m-%d", files->expires, absl::UTCTimeZone()),
            "2120-01-01");
}

TEST_F(TlsFilesTest, AuthoritiesAreReadWhereThereAre) {
  folder_.AddFile("ca.crt", kTestAuthority);
  EXPECT_EQ(ReadTlsFiles(folder_.path())->authorities, kTestAuthority);
}

TEST_F(TlsFilesTest, WhatVouchesForTheCertificateMayFollowIt) {
  folder_.AddFile("tls.crt",
                  std::string(kTestServerCertificate) + kTestAuthority);
  EXPECT_TRUE(ReadTlsFiles(folder_.path()).ok());
}

TEST_F(TlsFilesTest, AMissingFileIsNamed) {
  Remove("tls.key");
  EXPECT_EQ(Fault(), "tls.key: No such file or directory");
  Remove("tls.crt");
  EXPECT_EQ(Fault(), "tls.crt: No such file or directory");
}

TEST_F(TlsFilesTest, AnEmptyFileIsNamed) {
  folder_.AddFile("tls.crt", "");
  EXPECT_THAT(Fault(), HasSubstr("tls.crt: it is empty"));
}

TEST_F(TlsFilesTest, AFolderInAFilesPlaceIsNamed) {
  Remove("tls.key");
  folder_.AddFolder("tls.key");
  EXPECT_THAT(Fault(), HasSubstr("tls.key: "));
}

TEST_F(TlsFilesTest, WhatIsNoCertificateIsNamed) {
  folder_.AddFile("tls.crt", "this is none");
  EXPECT_THAT(Fault(), HasSubstr("tls.crt: no certificate in PEM"));
  folder_.AddFile("tls.crt", kTestServerKey);
  EXPECT_THAT(Fault(), HasSubstr("tls.crt: no certificate in PEM"));
}

TEST_F(TlsFilesTest, WhatIsNoKeyIsNamedAndNotShown) {
  folder_.AddFile("tls.key", "secret");
  EXPECT_THAT(Fault(), AllOf(HasSubstr("tls.key: no private key in PEM"),
                             Not(HasSubstr("secret"))));
}

// OpenSSL would ask for the password at the terminal.
TEST_F(TlsFilesTest, AnEncryptedKeyIsRefused) {
  folder_.AddFile("tls.key", kTestEncryptedKey);
  EXPECT_THAT(Fault(), HasSubstr("that is not encrypted"));
}

TEST_F(TlsFilesTest, TheKeyOfAnotherCertificateIsRefused) {
  folder_.AddFile("tls.key", kTestClientKey);
  EXPECT_THAT(Fault(), HasSubstr("tls.key: not the key of tls.crt"));
}

TEST_F(TlsFilesTest, AuthoritiesThatAreNoneAreRefused) {
  folder_.AddFile("ca.crt", "this is none");
  EXPECT_THAT(Fault(), HasSubstr("ca.crt: no certificate in PEM"));
}

TEST_F(TlsFilesTest, TheRevisionTellsOfEachFile) {
  std::string before = TlsRevision(folder_.path());
  EXPECT_EQ(TlsRevision(folder_.path()), before);
  for (const char* file : {"tls.crt", "tls.key", "ca.crt"}) {
    folder_.AddFile(".new", kTestAuthority);
    std::filesystem::rename(folder_.path(".new"), folder_.path(file));
    EXPECT_NE(TlsRevision(folder_.path()), before) << file;
    before = TlsRevision(folder_.path());
  }
}

}  // namespace
}  // namespace sconce
