#include "server/runtime/archive/onnx_model.h"

#include <cstdint>
#include <optional>
#include <string>

namespace sconce {
namespace {

constexpr int kMaxFields = 10'000;
constexpr size_t kLongestHead = 20;  // of a field: two numbers of ten bytes
enum WireType : uint64_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kFixed32 = 5
};
enum ModelField : uint64_t { kIrVersion = 1, kGraph = 7 };

// The number at *position in protobuf's form; moves *position behind it.
std::optional<uint64_t> ReadVarint(const std::string& bytes, size_t* position) {
  uint64_t number = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (*position >= bytes.size()) return std::nullopt;
    const auto byte = static_cast<unsigned char>(bytes[(*position)++]);
    number |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return number;
  }
  return std::nullopt;
}

struct Field {
  uint64_t number;
  WireType type;
  uint64_t value;  // of kVarint
  uint64_t end;    // position in the file
};

std::optional<Field> ReadField(const ModelFile& file, uint64_t begin) {
  const std::string head = file.Read(begin, kLongestHead);
  size_t read = 0;
  const std::optional<uint64_t> key = ReadVarint(head, &read);
  if (!key || *key >> 3 == 0) return std::nullopt;
  Field field{*key >> 3, static_cast<WireType>(*key & 7), 0, 0};
  uint64_t length = 0;
  if (field.type == kVarint || field.type == kBytes) {
    const std::optional<uint64_t> value = ReadVarint(head, &read);
    if (!value) return std::nullopt;
    field.value = *value;
    if (field.type == kBytes) length = *value;
  } else if (field.type == kFixed64 || field.type == kFixed32) {
    length = field.type == kFixed64 ? 8 : 4;
  } else {
    return std::nullopt;
  }
  if (length > file.size() - begin - read) return std::nullopt;
  field.end = begin + read + length;
  return field;
}

}  // namespace

bool IsOnnxModel(const ModelFile& file) {
  uint64_t position = 0;
  bool has_graph = false;
  uint64_t version = 0;
  for (int count = 0; position < file.size(); ++count) {
    const std::optional<Field> field = ReadField(file, position);
    if (!field || count == kMaxFields) return false;
    if (field->number == kIrVersion && field->type == kVarint) {
      version = field->value;
    }
    has_graph |= field->number == kGraph && field->type == kBytes;
    position = field->end;
  }
  return has_graph && version > 0 && version < 1000;
}

}  // namespace sconce
