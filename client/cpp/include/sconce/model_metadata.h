// What servers and models say about themselves.
#ifndef CLIENT_CPP_INCLUDE_SCONCE_MODEL_METADATA_H_
#define CLIENT_CPP_INCLUDE_SCONCE_MODEL_METADATA_H_

#include <string>
#include <vector>

#include "sconce/data_type.h"
#include "sconce/tensor_view.h"

namespace sconce {
inline namespace client {

struct TensorMetadata {
  std::string name;
  std::string datatype;  // as the server calls it, e.g. "FP32"
  Shape shape;           // -1: any size
};

struct ModelMetadata {
  std::string name;
  std::vector<std::string> versions;
  std::string platform;
  std::vector<TensorMetadata> inputs;
  std::vector<TensorMetadata> outputs;
};

struct ServerMetadata {
  std::string name;
  std::string version;
  std::vector<std::string> extensions;
};

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_INCLUDE_SCONCE_MODEL_METADATA_H_
