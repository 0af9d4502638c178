#include "server/runtime/archive/tensor_claims.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/runtime/archive/archive_kind.h"

namespace sconce {
namespace {

using Kind = PickleValue::Kind;

struct StorageType {
  absl::string_view name;
  int64_t item_size;
};

constexpr StorageType kStorageTypes[] = {
    {"DoubleStorage", 8},
    {"FloatStorage", 4},
    {"HalfStorage", 2},
    {"BFloat16Storage", 2},
    {"LongStorage", 8},
    {"IntStorage", 4},
    {"ShortStorage", 2},
    {"CharStorage", 1},
    {"ByteStorage", 1},
    {"BoolStorage", 1},
    {"UInt16Storage", 2},
    {"UInt32Storage", 4},
    {"UInt64Storage", 8},
    {"ComplexHalfStorage", 4},
    {"ComplexFloatStorage", 8},
    {"ComplexDoubleStorage", 16},
    {"QInt8Storage", 1},
    {"QUInt8Storage", 1},
    {"QInt32Storage", 4},
    {"QUInt4x2Storage", 1},
    {"QUInt2x4Storage", 1},
    {"Float8_e4m3fnStorage", 1},
    {"Float8_e5m2Storage", 1},
    {"Float8_e4m3fnuzStorage", 1},
    {"Float8_e5m2fnuzStorage", 1},
    {"Float8_e8m0fnuStorage", 1},
    {"UntypedStorage", 1},
};

// A storage as a persistent id describes it.
struct Storage {
  absl::string_view key;
  int64_t elements;
  int64_t bytes;
};

int64_t ItemSize(const PickleValue& type) {
  for (const StorageType& known : kStorageTypes) {
    if (GlobalName(type) == known.name) return known.item_size;
  }
  return 0;
}

// ("storage", type, key, device, number of elements); later versions of torch
// may add more.
absl::StatusOr<Storage> ReadStorage(const Pickle& pickle,
                                    const PickleValue& reference) {
  const PickleValue& id = pickle.Item(reference, 0);
  const PickleValue& type = pickle.Item(id, 1);
  const PickleValue& key = pickle.Item(id, 2);
  const PickleValue& elements = pickle.Item(id, 4);
  if (id.kind != Kind::kTuple || pickle.Item(id, 0).text != "storage" ||
      type.kind != Kind::kGlobal || key.kind != Kind::kText ||
      elements.kind != Kind::kInt || elements.number < 0) {
    return DamagedFile(
        "a pickle refers to a storage that it does not describe");
  }
  const int64_t item_size = ItemSize(type);
  if (item_size == 0) {
    return DamagedFile(absl::StrCat("storage '", key.text, "' is of the type '",
                                    GlobalName(type),
                                    "', which LibTorch does not read"));
  }
  Storage storage{key.text, elements.number, 0};
  if (__builtin_mul_overflow(elements.number, item_size, &storage.bytes)) {
    return DamagedFile(absl::StrCat("storage '", key.text, "' claims ",
                                    elements.number, " elements"));
  }
  return storage;
}

absl::Status CheckStorage(const Storage& storage, RecordSizeOf record_size) {
  // LibTorch looks for no record then.
  if (storage.elements == 0) return absl::OkStatus();
  const std::optional<uint64_t> size = record_size(storage.key);
  if (!size) {
    return DamagedFile(absl::StrCat("storage '", storage.key, "' of ",
                                    storage.bytes, " bytes has no record"));
  }
  if (*size >= static_cast<uint64_t>(storage.bytes)) return absl::OkStatus();
  return DamagedFile(absl::StrCat("storage '", storage.key, "' needs ",
                                  storage.bytes, " bytes, its record has ",
                                  *size));
}

// The index behind a tensor's last element; nothing when its description makes
// no sense. Steps backwards do not occur in torch.
std::optional<int64_t> EndOf(const Pickle& pickle, const PickleValue& offset,
                             const PickleValue& sizes,
                             const PickleValue& strides) {
  if (offset.kind != Kind::kInt || offset.number < 0 ||
      sizes.items.size() != strides.items.size()) {
    return std::nullopt;
  }
  int64_t last = offset.number;
  bool is_empty = false;
  for (size_t i = 0; i < sizes.items.size(); ++i) {
    const PickleValue& size = pickle.at(sizes.items[i]);
    const PickleValue& stride = pickle.at(strides.items[i]);
    if (size.kind != Kind::kInt || stride.kind != Kind::kInt ||
        size.number < 0 || stride.number < 0) {
      return std::nullopt;
    }
    int64_t reach = 0;
    is_empty |= size.number == 0;
    if (size.number > 0 &&
        (__builtin_mul_overflow(size.number - 1, stride.number, &reach) ||
         __builtin_add_overflow(last, reach, &last))) {
      return std::nullopt;
    }
  }
  if (is_empty) return 0;
  return last == INT64_MAX ? std::optional<int64_t>() : last + 1;
}

bool MakesTensor(const Pickle& pickle, const PickleValue& value) {
  if (value.kind != Kind::kMade) return false;
  const absl::string_view name =
      GlobalName(pickle.Item(value, PickleValue::kFunction));
  return name == "_rebuild_tensor" || name == "_rebuild_tensor_v2" ||
         name == "_rebuild_tensor_v3" || name == "_rebuild_qtensor";
}

// (storage, offset, sizes, strides, …)
absl::Status CheckTensor(const Pickle& pickle, const PickleValue& made) {
  const PickleValue& arguments = pickle.Item(made, PickleValue::kArguments);
  const PickleValue& reference = pickle.Item(arguments, 0);
  if (reference.kind != Kind::kReference) {
    return DamagedFile("a pickle describes a tensor without a storage");
  }
  ASSIGN_OR_RETURN(const Storage storage, ReadStorage(pickle, reference));
  const std::optional<int64_t> end =
      EndOf(pickle, pickle.Item(arguments, 1), pickle.Item(arguments, 2),
            pickle.Item(arguments, 3));
  if (!end) {
    return DamagedFile(absl::StrCat("a tensor in storage '", storage.key,
                                    "' has sizes, strides or an offset that "
                                    "make no sense"));
  }
  if (*end <= storage.elements) return absl::OkStatus();
  return DamagedFile(absl::StrCat("a tensor reaches to element ", *end,
                                  " of storage '", storage.key, "', which has ",
                                  storage.elements));
}

}  // namespace

absl::string_view GlobalName(const PickleValue& global) {
  if (global.kind != Kind::kGlobal) return {};
  const size_t line = global.text.rfind('\n');
  return line == absl::string_view::npos ? global.text
                                         : global.text.substr(line + 1);
}

absl::Status CheckTensorClaims(const Pickle& pickle, RecordSizeOf record_size) {
  // All values, not only those that can be reached: LibTorch reads the records
  // of all.
  for (const PickleValue& value : pickle.values()) {
    if (value.kind == Kind::kReference) {
      ASSIGN_OR_RETURN(const Storage storage, ReadStorage(pickle, value));
      RETURN_IF_ERROR(CheckStorage(storage, record_size));
    } else if (MakesTensor(pickle, value)) {
      RETURN_IF_ERROR(CheckTensor(pickle, value));
    }
  }
  return absl::OkStatus();
}

}  // namespace sconce
