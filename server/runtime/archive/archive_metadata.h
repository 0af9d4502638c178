// What the exporter wrote into an archive about its model.
#ifndef SERVER_RUNTIME_ARCHIVE_ARCHIVE_METADATA_H_
#define SERVER_RUNTIME_ARCHIVE_ARCHIVE_METADATA_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "server/runtime/archive/zip_archive.h"
#include "server/tensor/data_type.h"
#include "server/tensor/shape.h"

namespace sconce {

// The format is models/doc/metadata.md, version 1; what the server has no use
// for is left out.

struct MetadataValue {
  std::string name;
  bool is_tensor = false;
  std::optional<DataType> type;  // of a tensor
  std::optional<Shape> shape;    // of a tensor; kAnySize where it may change
};

struct MetadataMethod {
  std::vector<MetadataValue> inputs;
  std::vector<MetadataValue> outputs;
};

// A tensor, or a scalar as a tensor of one element.
struct GoldenTensor {
  std::string name;
  DataType type = DataType::kFp32;
  Shape shape;
  std::string bytes;  // row-major, little-endian
};

// What eager PyTorch answered to some inputs when the model was exported.
struct GoldenExample {
  std::string name;
  std::string method;
  std::vector<GoldenTensor> inputs;
  std::vector<GoldenTensor> outputs;
};

struct Tolerance {
  double relative = 0;
  double absolute = 0;
};

struct ArchiveMetadata {
  std::map<std::string, MetadataMethod> methods;
  std::vector<GoldenExample> examples;
  std::map<DataType, Tolerance> tolerances;
  // Differences from eager PyTorch that were allowed when it was exported.
  std::vector<std::string> mismatches;
};

// Nothing for an archive without metadata. INVALID_ARGUMENT names the field
// that breaks a rule of the format.
absl::StatusOr<std::optional<ArchiveMetadata>> ReadArchiveMetadata(
    const ZipArchive& archive);

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_ARCHIVE_METADATA_H_
