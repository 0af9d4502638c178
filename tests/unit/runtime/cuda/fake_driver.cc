// A stand-in for the driver's libcuda.so.1, which LibTorch asks whether a
// device is in use already. The rest is there because a library of LibTorch's
// refers to it.
#define SCONCE_STUB(name) \
  int name() { return 0; }

extern "C" {

int cuDevicePrimaryCtxGetState(int /*device*/, unsigned* flags, int* active) {
  *flags = 0;
  *active = 1;
  return 0;
}

SCONCE_STUB(cuCtxGetCurrent)
SCONCE_STUB(cuCtxSetCurrent)
SCONCE_STUB(cuDeviceGet)
SCONCE_STUB(cuDeviceGetAttribute)
SCONCE_STUB(cuDevicePrimaryCtxRetain)
SCONCE_STUB(cuFuncGetAttribute)
SCONCE_STUB(cuFuncSetAttribute)
SCONCE_STUB(cuFuncSetCacheConfig)
SCONCE_STUB(cuGetErrorString)
SCONCE_STUB(cuLaunchCooperativeKernel)
SCONCE_STUB(cuLaunchKernel)
SCONCE_STUB(cuLinkAddData_v2)
SCONCE_STUB(cuLinkComplete)
SCONCE_STUB(cuLinkCreate_v2)
SCONCE_STUB(cuModuleGetFunction)
SCONCE_STUB(cuModuleLoad)
SCONCE_STUB(cuModuleLoadData)
SCONCE_STUB(cuModuleLoadDataEx)
SCONCE_STUB(cuModuleUnload)
SCONCE_STUB(cuOccupancyMaxActiveBlocksPerMultiprocessor)
SCONCE_STUB(cuPointerGetAttribute)
SCONCE_STUB(cuTensorMapEncodeTiled)

}  // extern "C"
