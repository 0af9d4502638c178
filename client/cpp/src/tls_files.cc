#include <fstream>
#include <iterator>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "sconce/client_options.h"

namespace sconce {
inline namespace client {
namespace {

absl::Status Read(absl::string_view path, std::string* text) {
  if (path.empty()) return absl::OkStatus();
  std::ifstream file{std::string(path), std::ios::binary};
  text->assign(std::istreambuf_iterator<char>(file), {});
  if (file && !text->empty()) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("cannot read \"", path,
                                          "\"; expected a file with PEM text"));
}

}  // namespace

absl::StatusOr<TlsOptions> ReadTlsFiles(absl::string_view root_certificates,
                                        absl::string_view client_certificate,
                                        absl::string_view client_key) {
  TlsOptions tls;
  absl::Status read = Read(root_certificates, &tls.root_certificates);
  read.Update(Read(client_certificate, &tls.client_certificate));
  read.Update(Read(client_key, &tls.client_key));
  if (!read.ok()) return read;
  return tls;
}

}  // namespace client
}  // namespace sconce
