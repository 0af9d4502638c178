#include "server/sources/sha256.h"

#include <openssl/evp.h>

#include <array>
#include <cstdlib>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"

#include "server/telemetry/log.h"

namespace sconce {
namespace {

constexpr size_t kDigits = 64;

// OpenSSL fails at this only without memory or without SHA-256.
void CrashUnless(int succeeded) {
  if (succeeded == 1) return;
  LogError("OpenSSL cannot compute SHA-256");
  std::abort();
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  CrashUnless(context_ != nullptr ? 1 : 0);
  CrashUnless(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

void Sha256::Update(absl::string_view bytes) {
  CrashUnless(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

std::string Sha256::Finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  CrashUnless(EVP_DigestFinal_ex(context_.get(), digest.data(), &size));
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), size));
}

bool IsSha256(absl::string_view text) {
  return text.size() == kDigits && absl::c_all_of(text, absl::ascii_isxdigit);
}

}  // namespace sconce
