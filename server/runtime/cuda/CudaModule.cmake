# Makes the module libsconce_cuda.so where there is what it is built with:
# LibTorch's CUDA half and CUDA's headers. There is none for an unpacked LibTorch
# without CUDA; the server then computes on the CPU.
#
# Of CUDA's own headers, the wheel nvidia-cuda-runtime, which torch asks for,
# has all but two: crt/host_config.h and crt/host_defines.h, which only name
# attributes of the compiler. They are in the wheel nvidia-cuda-crt, which the
# Dockerfile fetches, and which lies in the same folder; a virtual environment
# has no need of it, since torch also asks for triton, whose wheel brings them
# along. (They are CUDA 12.8's, alike for a compiler that is not nvcc.)
#
# The module runs with any CUDA that LibTorch is built with, hence nothing here
# links libcudart: its symbols have a version, 13 or 12, in whatever is linked
# to it. They stay undefined and are found where LibTorch's CUDA half found its
# own. tests/conformance/test_libraries.py has the list of them.
set(SCONCE_CUDA_INCLUDE "" CACHE PATH
  "Folder of cuda_runtime_api.h, where LibTorch is not a wheel")

get_filename_component(wheels ${SCONCE_TORCH_ROOT} DIRECTORY)
set(cuda_include)
foreach(folder ${SCONCE_CUDA_INCLUDE} ${wheels}/nvidia/cu13/include)
  if(NOT cuda_include AND EXISTS ${folder}/cuda_runtime_api.h)
    set(cuda_include ${folder})
  endif()
endforeach()
set(crt_include)
foreach(folder ${cuda_include} ${wheels}/triton/backends/nvidia/include)
  if(NOT crt_include AND EXISTS ${folder}/crt/host_config.h)
    set(crt_include ${folder})
  endif()
endforeach()

if(NOT EXISTS ${SCONCE_TORCH_ROOT}/lib/libtorch_cuda.so)
  message(STATUS "libsconce_cuda.so is not built: this LibTorch is for CPUs")
  return()
elseif(NOT cuda_include OR NOT crt_include)
  message(STATUS "libsconce_cuda.so is not built: neither SCONCE_CUDA_INCLUDE "
    "nor ${wheels} has cuda_runtime_api.h and crt/host_config.h")
  return()
endif()

foreach(half c10_cuda torch_cuda)
  add_library(sconce::lib${half} SHARED IMPORTED GLOBAL)
  set_target_properties(sconce::lib${half} PROPERTIES
    IMPORTED_LOCATION ${SCONCE_TORCH_ROOT}/lib/lib${half}.so)
endforeach()

# Apart, so that a test can put its own functions in place of CUDA's.
# device_error.cc is compiled anew: the layers' libraries are not for modules.
set(here ${CMAKE_CURRENT_LIST_DIR})
add_library(sconce_cuda_calls STATIC
  ${here}/cuda_calls.cc ${here}/cuda_event.cc
  ${here}/../../device/device_error.cc)
target_include_directories(sconce_cuda_calls SYSTEM PUBLIC
  ${cuda_include} ${crt_include})
target_link_libraries(sconce_cuda_calls PUBLIC
  sconce_runtime_cuda absl::function_ref sconce::libtorch)

add_library(sconce_cuda MODULE
  ${here}/cuda_backend.cc ${here}/cuda_device.cc ${here}/cuda_graph.cc
  ${here}/cuda_memory.cc ${here}/cuda_stream.cc ${here}/cuda_stream_pool.cc)
target_link_libraries(sconce_cuda PRIVATE
  sconce_cuda_calls sconce::libtorch_cuda sconce::libc10_cuda)
set_target_properties(sconce_cuda_calls sconce_cuda PROPERTIES
  POSITION_INDEPENDENT_CODE ON
  CXX_VISIBILITY_PRESET hidden
  VISIBILITY_INLINES_HIDDEN ON)
set_target_properties(sconce_cuda PROPERTIES
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}
  INSTALL_RPATH "$ORIGIN/../lib")
install(TARGETS sconce_cuda LIBRARY DESTINATION bin COMPONENT cuda)
