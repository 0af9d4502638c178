// Files as numpy writes them, made without it.
#ifndef TESTS_UNIT_LOADTEST_NUMPY_FILES_H_
#define TESTS_UNIT_LOADTEST_NUMPY_FILES_H_

#include <gtest/gtest.h>
#include <zip.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace sconce::load {

// The bytes of an .npy file with this header and data, of format `major`.
inline std::string NpyBytes(const std::string& header, const std::string& data,
                            int major = 1) {
  std::string file = absl::StrCat("\x93NUMPY", std::string(1, char(major)),
                                  std::string(1, '\0'));
  const size_t length_size = major == 1 ? 2 : 4;
  const std::string text = header + "\n";
  for (size_t i = 0; i < length_size; ++i) {
    file.push_back(static_cast<char>(text.size() >> (8 * i)));
  }
  return file + text + data;
}

// The same of an array with this type and shape, e.g. "<f4" and "(2, 3)".
inline std::string NpyOf(const std::string& descr, const std::string& shape,
                         const std::string& data, bool by_column = false) {
  return NpyBytes(
      absl::StrCat("{'descr': '", descr, "', 'fortran_order': ",
                   by_column ? "True" : "False", ", 'shape': ", shape, ", }"),
      data);
}

// The bytes of `values` in memory.
template <typename T>
std::string Raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()),
          values.size() * sizeof(T)};
}

// A path of this test that no other one uses.
inline std::string PathFor(const std::string& name) {
  const auto* const test =
      testing::UnitTest::GetInstance()->current_test_info();
  return absl::StrCat(testing::TempDir(), test->test_suite_name(), ".",
                      test->name(), ".", name);
}

inline std::string WriteFile(const std::string& name,
                             const std::string& bytes) {
  const std::string path = PathFor(name);
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

// A zip archive of these files by name, compressed or not.
inline std::string WriteZip(
    const std::string& name,
    const std::vector<std::pair<std::string, std::string>>& files,
    bool compressed = false) {
  const std::string path = PathFor(name);
  std::remove(path.c_str());
  zip_t* const archive = zip_open(path.c_str(), ZIP_CREATE, nullptr);
  for (const auto& [file, bytes] : files) {
    const auto index = static_cast<zip_uint64_t>(zip_file_add(
        archive, file.c_str(),
        zip_source_buffer(archive, bytes.data(), bytes.size(), 0), 0));
    zip_set_file_compression(archive, index,
                             compressed ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
  }
  EXPECT_EQ(zip_close(archive), 0);
  return path;
}

}  // namespace sconce::load

#endif  // TESTS_UNIT_LOADTEST_NUMPY_FILES_H_
