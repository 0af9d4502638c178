// ModelControl: what the people who run the server can change about its models.
#ifndef SERVER_CORE_MODEL_CONTROL_H_
#define SERVER_CORE_MODEL_CONTROL_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "server/core/model_routes.h"
#include "server/core/servable_id.h"
#include "server/tensor/golden_example.h"

namespace sconce {

// One archive that a client sends. Used by one thread at a time; its calls
// write to the disk and may block.
class ModelUpload {
 public:
  // Without Finish(), what came is thrown away, or kept for a while where the
  // client said that it may go on later.
  virtual ~ModelUpload() = default;

  // Bytes that an earlier, broken upload of the same archive has left.
  virtual int64_t offset() const = 0;

  // Adds the next bytes. RESOURCE_EXHAUSTED: no space, or more than may be.
  virtual absl::Status Append(absl::string_view bytes) = 0;

  // All bytes came: checks them, puts the file into the repository and loads
  // it. `done` is called once, on any thread, with the version; after an error
  // (that of the check or of the load) nothing is left in the repository.
  virtual void Finish(
      std::function<void(absl::StatusOr<int64_t> version)> done) = 0;
};

struct UploadRequest {
  std::string model;
  int64_t version = 0;  // 0: one above the highest there is
  std::string sha256;   // of the whole archive, 64 hexadecimal digits
  int64_t size = 0;     // of the whole archive, bytes
  int64_t offset = 0;   // of the first byte that will be sent
  bool resumable = false;
};

struct ModelLoadRequest {
  std::string model;
  std::vector<int64_t> versions;  // empty: those of the model's version policy
  // For this load, in place of config.pbtxt: a ModelConfig as JSON.
  std::optional<std::string> config_json;
  // For this load, in place of the folder's files: "1/model.pt" -> bytes.
  std::map<std::string, std::string> files;
};

// A model that a repository has, whether it is loaded or not.
struct RepositoryModel {
  std::string name;
  std::vector<int64_t> versions;  // ascending
};

// Thread-safe. Requests are done one after the other, in their order, on a
// thread of the implementation; none waits there for a load or for requests in
// flight. `done` is called once, on any thread, when the outcome is known: for
// a load, when the model can be used or the load failed. A control mode that
// does not allow a change gives FAILED_PRECONDITION naming the flag, an unknown
// model or version NOT_FOUND, a name that cannot be one INVALID_ARGUMENT.
class ModelControl {
 public:
  using Done = std::function<void(absl::Status)>;

  virtual ~ModelControl() = default;

  // Loads or, when the files are others now, reloads. What was loaded before
  // serves until then, and on when the load fails.
  virtual void Load(ModelLoadRequest request, Done done) = 0;

  // No new requests for these versions (all when empty); those in flight
  // finish. Done when the first is true.
  virtual void Unload(std::string model, std::vector<int64_t> versions,
                      Done done) = 0;

  // Unloads the version and deletes its files. FAILED_PRECONDITION while an
  // alias or a traffic share leads to it.
  virtual void DeleteVersion(ServableId id, Done done) = 0;

  // Sets and removes aliases in one step. FAILED_PRECONDITION when a version
  // is not ready.
  virtual void SetAliases(std::string model, std::map<std::string, int64_t> set,
                          std::vector<std::string> remove, Done done) = 0;

  // Replaces the weights; none: the highest ready version gets all.
  // FAILED_PRECONDITION when a version is not ready.
  virtual void SetTraffic(std::string model, std::vector<TrafficShare> shares,
                          Done done) = 0;

  // Serves the version that served before the last change again, loading it if
  // need be, and tells which it is; aliases of the one that it replaces follow.
  // FAILED_PRECONDITION when there is none.
  virtual void Rollback(
      std::string model,
      std::function<void(absl::StatusOr<int64_t> version)> done) = 0;

  // Reads the disk. ALREADY_EXISTS: the version is there. OUT_OF_RANGE: the
  // offset is not where an earlier upload ended; the message tells it.
  virtual absl::StatusOr<std::unique_ptr<ModelUpload>> BeginUpload(
      const UploadRequest& request) = 0;

  // Where an upload of this model, version and sha256 can go on: its offset if
  // an earlier one was kept, else 0. Reads the disk.
  virtual absl::StatusOr<int64_t> UploadOffset(
      const UploadRequest& request) const = 0;

  // The version as JSON text: module tree, code and graph of each method,
  // parameters and buffers. Runs nothing of the model.
  virtual void Inspect(
      ServableId id,
      std::function<void(absl::StatusOr<std::string> json)> done) = 0;

  // The golden examples of the version, from its file as it is now.
  virtual void Examples(
      ServableId id,
      std::function<void(absl::StatusOr<GoldenExamples>)> done) = 0;

  // What the repositories hold, by name. Does not read the disk.
  virtual std::vector<RepositoryModel> RepositoryModels() const = 0;

  virtual ModelRoutes Routes(absl::string_view model) const = 0;
};

}  // namespace sconce

#endif  // SERVER_CORE_MODEL_CONTROL_H_
