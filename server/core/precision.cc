#include "server/core/precision.h"

namespace sconce {
namespace {

template <typename Value>
struct Named {
  Value value;
  absl::string_view name;
};

constexpr Named<Precision> kPrecisions[] = {
    {Precision::kFp32, "fp32"},
    {Precision::kTf32, "tf32"},
    {Precision::kFp16, "fp16"},
    {Precision::kBf16, "bf16"},
    {Precision::kAutocastFp16, "autocast_fp16"},
    {Precision::kAutocastBf16, "autocast_bf16"},
};

constexpr Named<MemoryFormat> kFormats[] = {
    {MemoryFormat::kContiguous, "contiguous"},
    {MemoryFormat::kChannelsLast, "channels_last"},
};

template <typename Table, typename Value>
absl::string_view NameIn(const Table& table, Value value) {
  for (const auto& entry : table) {
    if (entry.value == value) return entry.name;
  }
  return "";
}

template <typename Value, size_t N>
std::optional<Value> FindIn(const Named<Value> (&table)[N],
                            absl::string_view name) {
  for (const auto& entry : table) {
    if (entry.name == name) return entry.value;
  }
  return std::nullopt;
}

}  // namespace

absl::string_view PrecisionName(Precision precision) {
  return NameIn(kPrecisions, precision);
}

absl::string_view MemoryFormatName(MemoryFormat format) {
  return NameIn(kFormats, format);
}

std::optional<Precision> ParsePrecision(absl::string_view name) {
  return FindIn(kPrecisions, name);
}

std::optional<MemoryFormat> ParseMemoryFormat(absl::string_view name) {
  return FindIn(kFormats, name);
}

double DefaultTolerance(Precision precision) {
  switch (precision) {
    case Precision::kFp32:
      return 0;
    case Precision::kTf32:  // has as many bits as FP16
    case Precision::kFp16:
    case Precision::kAutocastFp16:
      return 1e-2;
    case Precision::kBf16:
    case Precision::kAutocastBf16:
      return 5e-2;
  }
  return 0;
}

}  // namespace sconce
