// Loader: knows how to make one servable from its files.
#ifndef SERVER_CORE_LOADER_H_
#define SERVER_CORE_LOADER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "server/core/load_step.h"
#include "server/core/servable.h"
#include "server/core/servable_config.h"
#include "server/core/servable_id.h"

namespace sconce {

// What a source found: one version of a model and where its archive lies.
struct ServableSpec {
  ServableId id;
  std::string path;  // never shown to a client
  ServableConfig config;

  // What already is wrong with it (an unreadable config file, say): its load
  // fails with this, so that it shows up where people look for it.
  absl::Status status;

  // Tells what the files held when they were found; equal as long as nobody
  // changed them. A version whose revision changes is loaded again.
  std::string revision;
};

// Bytes of the host's memory, and of that of each device it runs on; as far as
// the file tells: what a run of the model needs for its intermediate results it
// does not.
struct MemoryNeed {
  int64_t loading = 0;  // from begin to end of the load
  int64_t loaded = 0;   // as long as it is loaded, without requests
  int64_t device_loading = 0;
  int64_t device_loaded = 0;
  std::vector<std::string> devices = {};  // names
};

// Constructing one is cheap; Load() does the work. Used by one LoaderHarness,
// one call at a time. EstimateMemory(), Load() and steps() may throw
// std::bad_alloc, and nothing else; the last two are then not called again.
class Loader {
 public:
  virtual ~Loader() = default;

  // What Load() will need, told from the file without loading it. Called
  // before Load(); reads little. Nothing for a file that cannot be read: then
  // Load() says why.
  virtual MemoryNeed EstimateMemory() { return {}; }

  // Reads, checks, optimises and warms up the model. Blocks, for seconds if
  // need be. The message of a failure is shown to clients: it names the fault
  // and the remedy, but no path and no source code.
  virtual absl::Status Load() = 0;

  // Bytes that Load() left on a device beyond what EstimateMemory() told, as
  // recorded calls do; of several devices the most. REQUIRES: Load() returned
  // OK.
  virtual int64_t additional_device_bytes() const { return 0; }

  // What Load() did, as far as it came. REQUIRES: Load() returned.
  virtual LoadSteps steps() const { return {}; }

  // The loaded servable. REQUIRES: Load() returned OK.
  virtual Servable* servable() = 0;

  // Frees the servable and its memory. REQUIRES: Load() returned OK; nobody
  // holds a handle.
  virtual void Unload() = 0;
};

using LoaderFactory =
    std::function<std::unique_ptr<Loader>(const ServableSpec& spec)>;

}  // namespace sconce

#endif  // SERVER_CORE_LOADER_H_
