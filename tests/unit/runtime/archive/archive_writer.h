// Writes zip archives and pickles for tests, good ones and hostile ones.
#ifndef TESTS_UNIT_RUNTIME_ARCHIVE_ARCHIVE_WRITER_H_
#define TESTS_UNIT_RUNTIME_ARCHIVE_ARCHIVE_WRITER_H_

#include <gtest/gtest.h>
#include <zip.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "tests/support/test_path.h"

namespace sconce {

inline std::string WriteFile(const std::string& bytes) {
  const std::string path = TestPath("bin");
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// Content by full name.
using Records = std::map<std::string, std::string>;

// A zip archive of `records`; its path. Stored, as torch.jit.save does it, or
// deflated.
inline std::string WriteZip(const Records& records, bool deflated = false) {
  const std::string path = TestPath("zip");
  zip_t* const archive =
      zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  for (const auto& [name, content] : records) {
    zip_source_t* const source =
        zip_source_buffer(archive, content.data(), content.size(), 0);
    const auto index = static_cast<zip_uint64_t>(
        zip_file_add(archive, name.c_str(), source, 0));
    zip_set_file_compression(archive, index,
                             deflated ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
  }
  EXPECT_EQ(zip_close(archive), 0);
  return path;
}

inline std::string Number(int64_t value) {
  std::string bytes("\x8a\x08", 2);  // LONG1
  for (int i = 0; i < 8; ++i) {
    bytes += static_cast<char>(static_cast<uint64_t>(value) >> 8 * i);
  }
  return bytes;
}

inline std::string Text(const std::string& text) {
  return "U" + std::string(1, static_cast<char>(text.size())) + text;
}

inline std::string Tuple(const std::vector<std::string>& items) {
  std::string bytes = "(";
  for (const std::string& item : items) bytes += item;
  return bytes + "t";
}

// A storage of floats as torch refers to it.
inline std::string StorageId(const std::string& key, int64_t elements) {
  return Tuple({Text("storage"), "ctorch\nFloatStorage\n", Text(key),
                Text("cpu"), Number(elements)}) +
         "Q";
}

struct TensorText {
  int64_t elements = 4;
  int64_t offset = 0;
  std::vector<int64_t> sizes = {2, 2};
  std::vector<int64_t> strides = {2, 1};
};

inline std::string Numbers(const std::vector<int64_t>& values) {
  std::vector<std::string> items;
  for (const int64_t value : values) items.push_back(Number(value));
  return Tuple(items);
}

// A tensor in storage '0'.
inline std::string Tensor(const TensorText& tensor) {
  return "ctorch._utils\n_rebuild_tensor_v2\n" +
         Tuple({StorageId("0", tensor.elements), Number(tensor.offset),
                Numbers(tensor.sizes), Numbers(tensor.strides), "\x89",
                "ccollections\nOrderedDict\n)R"}) +
         "R";
}

inline std::string PickleOf(const std::string& value) {
  return "\x80\x02" + value + ".";
}

// A dict as `dict` or OrderedDict from pairs of pickled keys and values.
inline std::string Dict(const std::vector<std::string>& pairs) {
  std::string bytes = "}(";
  for (const std::string& part : pairs) bytes += part;
  return bytes + "u";
}

constexpr char kModuleCode[] =
    "class M(Module):\n"
    "  __parameters__ = []\n"
    "  __buffers__ = []\n"
    "  weight : Tensor\n"
    "  def forward(self: __torch__.M,\n"
    "    x: Tensor) -> Tensor:\n"
    "    return torch.add(x, self.weight)\n";

// The records of an archive as torch.jit.save writes them.
inline Records TorchScript(const std::string& code = kModuleCode) {
  const std::string object =
      "c__torch__\nM\n)\x81" + Dict({Text("weight"), Tensor({})}) + "b";
  return {{"m/version", "3\n"},
          {"m/data.pkl", PickleOf(object)},
          {"m/constants.pkl", PickleOf(")")},
          {"m/code/__torch__.py", code},
          {"m/data/0", std::string(16, 'w')}};
}

}  // namespace sconce

#endif  // TESTS_UNIT_RUNTIME_ARCHIVE_ARCHIVE_WRITER_H_
