# Makes the imported target sconce::libtorch out of a LibTorch folder: the
# PyPI wheel's site-packages/torch or an unpacked LibTorch.
#
# find_package(Torch) is not used: with a CUDA build it fails without nvcc, it
# links libtorch.so and with it gigabytes of CUDA libraries, and it puts the
# wheel's own protobuf 3.13 headers on the include path. Here only
# libtorch_cpu and libc10 are linked, and only torch's own headers are seen.
#
# In:  SCONCE_TORCH_ROOT  the folder that holds include/ and lib/
set(SCONCE_TORCH_ROOT "" CACHE PATH
  "LibTorch: site-packages/torch of a venv, or an unpacked LibTorch")

if(NOT SCONCE_TORCH_ROOT)
  find_package(Python3 COMPONENTS Interpreter)
  if(Python3_FOUND)
    execute_process(
      COMMAND ${Python3_EXECUTABLE} -c
        "import importlib.util, os; s = importlib.util.find_spec('torch'); print(os.path.dirname(s.origin) if s else '')"
      OUTPUT_VARIABLE found_torch OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    set(SCONCE_TORCH_ROOT "${found_torch}" CACHE PATH "" FORCE)
  endif()
endif()
foreach(needed include/torch/script.h lib/libtorch_cpu.so lib/libc10.so)
  if(NOT EXISTS "${SCONCE_TORCH_ROOT}/${needed}")
    message(FATAL_ERROR
      "LibTorch not found: '${SCONCE_TORCH_ROOT}/${needed}' does not exist. "
      "Run `make setup`, or pass -DSCONCE_TORCH_ROOT=<folder with include/ and lib/>.")
  endif()
endforeach()

# A folder of links shows torch's headers and hides what else the wheel ships
# beside them (google/protobuf, fmt, …).
set(torch_headers ${CMAKE_BINARY_DIR}/torch_include)
file(MAKE_DIRECTORY ${torch_headers})
foreach(folder ATen c10 caffe2 torch)
  file(CREATE_LINK ${SCONCE_TORCH_ROOT}/include/${folder}
       ${torch_headers}/${folder} SYMBOLIC)
endforeach()

add_library(sconce::libc10 SHARED IMPORTED GLOBAL)
set_target_properties(sconce::libc10 PROPERTIES
  IMPORTED_LOCATION ${SCONCE_TORCH_ROOT}/lib/libc10.so)
add_library(sconce::libtorch SHARED IMPORTED GLOBAL)
set_target_properties(sconce::libtorch PROPERTIES
  IMPORTED_LOCATION ${SCONCE_TORCH_ROOT}/lib/libtorch_cpu.so
  INTERFACE_INCLUDE_DIRECTORIES
    "${torch_headers};${torch_headers}/torch/csrc/api/include"
  INTERFACE_LINK_LIBRARIES sconce::libc10)
