// What is proven of a model file before LibTorch sees it.
#ifndef SERVER_RUNTIME_ARCHIVE_ARCHIVE_PROOF_H_
#define SERVER_RUNTIME_ARCHIVE_ARCHIVE_PROOF_H_

#include <set>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "server/base/clock.h"
#include "server/runtime/archive/operator_policy.h"
#include "server/runtime/archive/zip_archive.h"

namespace sconce {

// Told the name of a step that is over and how long it took.
using OnProofStep = absl::FunctionRef<void(absl::string_view, MonoDuration)>;

// Opens the file at `path`: recognises it, checks its integrity and the
// operators in its code; stops at the first that fails. NOT_FOUND for no
// readable file, else INVALID_ARGUMENT; messages are fit for a client. Blocks
// while the file is read.
absl::StatusOr<ZipArchive> ProveArchive(const std::string& path,
                                        const OperatorPolicy& policy,
                                        OnProofStep on_step);

// The code of an archive, before it is loaded: nesting, and what it calls.
absl::Status CheckCode(const ZipArchive& archive, const OperatorPolicy& policy);

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_ARCHIVE_PROOF_H_
