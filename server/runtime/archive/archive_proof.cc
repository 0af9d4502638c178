#include "server/runtime/archive/archive_proof.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/runtime/archive/code_nesting.h"
#include "server/runtime/archive/code_tokens.h"
#include "server/runtime/archive/file_kind.h"
#include "server/runtime/archive/integrity.h"

namespace sconce {
namespace {

constexpr uint64_t kMaxCode = 16 << 20;  // of one record

// Runs `step`, tells how long it took, and gives its result.
template <typename Step>
auto Timed(absl::string_view name, OnProofStep on_step, Step step) {
  const MonoTime begin = Clock::Real()->Now();
  auto result = step();
  on_step(name, Clock::Real()->Now() - begin);
  return result;
}

// LibTorch does not tell capitals from small letters.
bool IsCode(const ZipRecord& record) {
  const std::string name = absl::AsciiStrToLower(record.name);
  return absl::StartsWith(name, "code/") && absl::EndsWith(name, ".py");
}

absl::Status CheckSource(absl::string_view source,
                         const OperatorPolicy& policy) {
  ASSIGN_OR_RETURN(const std::vector<CodeToken> tokens, TokenizeCode(source));
  RETURN_IF_ERROR(CheckCodeNesting(tokens));
  return policy.CheckCode(tokens);
}

}  // namespace

absl::Status CheckCode(const ZipArchive& archive,
                       const OperatorPolicy& policy) {
  for (const ZipRecord& record : archive.records()) {
    if (!IsCode(record)) continue;
    ASSIGN_OR_RETURN(const std::string source, archive.Read(record, kMaxCode));
    const absl::Status checked = CheckSource(source, policy);
    if (!checked.ok()) {
      return absl::Status(checked.code(),
                          absl::StrCat(record.name, ", ", checked.message()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<ZipArchive> ProveArchive(const std::string& path,
                                        const OperatorPolicy& policy,
                                        OnProofStep on_step) {
  ASSIGN_OR_RETURN(ZipArchive archive, Timed("recognize", on_step, [&] {
                     return OpenTorchScript(path);
                   }));
  RETURN_IF_ERROR(
      Timed("integrity", on_step, [&] { return CheckIntegrity(archive); }));
  RETURN_IF_ERROR(
      Timed("operators", on_step, [&] { return CheckCode(archive, policy); }));
  return archive;
}

}  // namespace sconce
