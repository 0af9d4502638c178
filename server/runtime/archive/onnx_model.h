// Recognises ONNX models.
#ifndef SERVER_RUNTIME_ARCHIVE_ONNX_MODEL_H_
#define SERVER_RUNTIME_ARCHIVE_ONNX_MODEL_H_

#include "server/runtime/archive/model_file.h"

namespace sconce {

// Whether the file is a ModelProto of onnx.proto: fields one after the other
// to the end of the file, a version and a graph among them. Skips what the
// fields hold, so that the size does not matter.
bool IsOnnxModel(const ModelFile& file);

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_ONNX_MODEL_H_
