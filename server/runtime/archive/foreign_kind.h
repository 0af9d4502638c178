// Files that are no models of PyTorch, by how they begin.
#ifndef SERVER_RUNTIME_ARCHIVE_FOREIGN_KIND_H_
#define SERVER_RUNTIME_ARCHIVE_FOREIGN_KIND_H_

#include "absl/strings/string_view.h"

#include "server/runtime/archive/archive_kind.h"

namespace sconce {

// What the first bytes tell, which may be nothing.
RecognizedFile RecognizeForeign(absl::string_view head);

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_FOREIGN_KIND_H_
