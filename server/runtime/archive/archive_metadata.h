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
#include "server/tensor/golden_example.h"
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
  // How the result is put together, as JSON for clients; empty when the
  // archive does not say, or says more than 64 KiB.
  std::string output_structure;
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

// The names of the inputs of `method`, in their order.
std::vector<std::string> InputNames(const MetadataMethod& method);

// What the TorchScript archive at `path` says that it answers; nothing when it
// says nothing. Errors as ReadArchiveMetadata() and OpenTorchScript().
absl::StatusOr<GoldenExamples> ReadGoldenExamples(const std::string& path);

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_ARCHIVE_METADATA_H_
