// A stand-in for libsconce_cuda.so, built in five kinds: WHOLE (two devices),
// DRIVERLESS (the same, and says that it needs no driver), EMPTY (no device),
// FOREIGN (made for another version), NAMELESS (without the entry).
#include "server/device/device_backend.h"

namespace {

using sconce::Device;

class TinyBackend : public sconce::DeviceBackend {
 public:
  std::string description() const override { return "a tiny backend"; }
  int count() const override {
#ifdef EMPTY
    return 0;
#else
    return 2;
#endif
  }
  absl::StatusOr<std::unique_ptr<Device>> Open(int, double) override {
    return absl::UnimplementedError("the tiny backend opens nothing");
  }
  sconce::DeviceActivity activity(int) const override { return {}; }
};

}  // namespace

#ifdef DRIVERLESS
extern "C" {
extern const char sconce_needs_no_driver;
const char sconce_needs_no_driver = 1;
}
#endif

#ifdef NAMELESS
#define SconceDeviceBackend SconceOtherBackend
#endif

extern "C" sconce::DeviceBackend* SconceDeviceBackend(int version) {
#ifdef FOREIGN
  --version;
#endif
  static TinyBackend backend;
  return version == sconce::kDeviceBackendVersion ? &backend : nullptr;
}
