// Sha256: the hash by which an upload is known and checked.
#ifndef SERVER_SOURCES_SHA256_H_
#define SERVER_SOURCES_SHA256_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

struct evp_md_ctx_st;  // OpenSSL's

namespace sconce {

// One thread at a time.
class Sha256 {
 public:
  Sha256();

  void Update(absl::string_view bytes);

  // Of all bytes so far, 64 lower-case hexadecimal digits. Ends the hash.
  std::string Finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };

  const std::unique_ptr<evp_md_ctx_st, Free> context_;
};

// Whether `text` is such digits, of either case.
bool IsSha256(absl::string_view text);

}  // namespace sconce

#endif  // SERVER_SOURCES_SHA256_H_
