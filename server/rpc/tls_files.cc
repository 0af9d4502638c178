#include "server/rpc/tls_files.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cerrno>
#include <ctime>
#include <fstream>
#include <memory>
#include <sstream>
#include <system_error>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"

namespace sconce {
namespace {

constexpr char kCertificate[] = "tls.crt";
constexpr char kKey[] = "tls.key";
constexpr char kAuthorities[] = "ca.crt";

template <auto kFree>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;

// What OpenSSL found wrong last.
std::string Reason() {
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason == nullptr ? "it is not understood" : reason;
}

absl::Status Fault(const char* file, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(file, ": ", what));
}

std::string PathOf(const std::string& folder, const char* file) {
  return absl::StrCat(folder, "/", file);
}

absl::StatusOr<std::string> ReadFile(const std::string& folder,
                                     const char* file) {
  std::ifstream stream(PathOf(folder, file), std::ios::binary);
  std::ostringstream text;
  if (stream) text << stream.rdbuf();
  if (stream && !text.str().empty()) return text.str();
  const int error = errno;
  return Fault(file, stream.is_open() ? "it is empty or cannot be read"
                                      : std::generic_category().message(error));
}

bool Exists(const std::string& folder, const char* file) {
  struct stat found = {};
  return stat(PathOf(folder, file).c_str(), &found) == 0;
}

Bio BioOf(const std::string& pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// OpenSSL would ask at the terminal.
int NoPassword(char*, int, int, void*) { return 0; }

absl::StatusOr<Certificate> ReadCertificate(const char* file,
                                            const std::string& pem) {
  Certificate made(
      PEM_read_bio_X509(BioOf(pem).get(), nullptr, NoPassword, nullptr));
  if (made != nullptr) return made;
  return Fault(file, absl::StrCat("no certificate in PEM: ", Reason()));
}

// Certificate and key as a server would take them.
absl::Status CheckPair(X509* certificate, const std::string& key_pem) {
  const Key key(PEM_read_bio_PrivateKey(BioOf(key_pem).get(), nullptr,
                                        NoPassword, nullptr));
  if (key == nullptr) {
    return Fault(kKey, absl::StrCat("no private key in PEM that is not "
                                    "encrypted: ",
                                    Reason()));
  }
  const Context context(SSL_CTX_new(TLS_server_method()));
  if (SSL_CTX_use_certificate(context.get(), certificate) != 1) {
    return Fault(kCertificate, Reason());
  }
  if (SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    return Fault(kKey, absl::StrCat("not the key of tls.crt: ", Reason()));
  }
  return absl::OkStatus();
}

absl::Time ExpiryOf(const X509* certificate) {
  std::tm time = {};
  ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time);
  return absl::FromTimeT(timegm(&time));
}

absl::Status Check(TlsFiles* files) {
  ERR_clear_error();
  ASSIGN_OR_RETURN(const Certificate certificate,
                   ReadCertificate(kCertificate, files->certificate));
  RETURN_IF_ERROR(CheckPair(certificate.get(), files->key));
  if (!files->authorities.empty()) {
    RETURN_IF_ERROR(ReadCertificate(kAuthorities, files->authorities).status());
  }
  files->expires = ExpiryOf(certificate.get());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TlsFiles> ReadTlsFiles(const std::string& folder) {
  const std::string revision = TlsRevision(folder);
  TlsFiles files;
  ASSIGN_OR_RETURN(files.certificate, ReadFile(folder, kCertificate));
  ASSIGN_OR_RETURN(files.key, ReadFile(folder, kKey));
  if (Exists(folder, kAuthorities)) {
    ASSIGN_OR_RETURN(files.authorities, ReadFile(folder, kAuthorities));
  }
  if (TlsRevision(folder) != revision) {
    return absl::InvalidArgumentError("the files change just now");
  }
  RETURN_IF_ERROR(Check(&files));
  return files;
}

std::string TlsRevision(const std::string& folder) {
  std::string revision;
  for (const char* file : {kCertificate, kKey, kAuthorities}) {
    struct stat found = {};
    if (stat(PathOf(folder, file).c_str(), &found) != 0) found = {};
    absl::StrAppend(&revision, found.st_dev, ".", found.st_ino, ".",
                    found.st_size, ".", found.st_mtim.tv_sec, ".",
                    found.st_mtim.tv_nsec, ".", found.st_ctim.tv_sec, ".",
                    found.st_ctim.tv_nsec, " ");
  }
  return revision;
}

}  // namespace sconce
