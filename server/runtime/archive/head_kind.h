// What a file that is no zip archive is.
#ifndef SERVER_RUNTIME_ARCHIVE_HEAD_KIND_H_
#define SERVER_RUNTIME_ARCHIVE_HEAD_KIND_H_

#include "server/runtime/archive/archive_kind.h"
#include "server/runtime/archive/model_file.h"

namespace sconce {

// Goes by the first bytes, and reads on where a pickle or an ONNX model may
// begin with them.
RecognizedFile RecognizeHead(const ModelFile& file);

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_HEAD_KIND_H_
