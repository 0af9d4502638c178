#include "server/tensor/data_type.h"

#include <string>

#include "gtest/gtest.h"

namespace sconce {
namespace {

struct Row {
  DataType type;
  const char* name;
  size_t size;
};

// The table of the Open Inference Protocol.
class DataTypeTest : public testing::TestWithParam<Row> {};

TEST_P(DataTypeTest, HasTheProtocolsName) {
  EXPECT_EQ(DataTypeName(GetParam().type), GetParam().name);
}

TEST_P(DataTypeTest, IsFoundByTheProtocolsName) {
  EXPECT_EQ(ParseDataType(GetParam().name), GetParam().type);
}

TEST_P(DataTypeTest, HasTheSizeOfItsElements) {
  EXPECT_EQ(ElementSize(GetParam().type), GetParam().size);
}

INSTANTIATE_TEST_SUITE_P(
    Protocol, DataTypeTest,
    testing::Values(
        Row{DataType::kBool, "BOOL", 1}, Row{DataType::kUint8, "UINT8", 1},
        Row{DataType::kUint16, "UINT16", 2},
        Row{DataType::kUint32, "UINT32", 4},
        Row{DataType::kUint64, "UINT64", 8}, Row{DataType::kInt8, "INT8", 1},
        Row{DataType::kInt16, "INT16", 2}, Row{DataType::kInt32, "INT32", 4},
        Row{DataType::kInt64, "INT64", 8}, Row{DataType::kFp16, "FP16", 2},
        Row{DataType::kFp32, "FP32", 4}, Row{DataType::kFp64, "FP64", 8},
        Row{DataType::kBf16, "BF16", 2}, Row{DataType::kBytes, "BYTES", 0}),
    [](const auto& param_info) { return std::string(param_info.param.name); });

TEST(ParseDataTypeTest, UnknownNamesAreNothing) {
  EXPECT_EQ(ParseDataType("FP8"), std::nullopt);
  EXPECT_EQ(ParseDataType("COMPLEX64"), std::nullopt);
}

TEST(ParseDataTypeTest, NamesAreCaseSensitive) {
  EXPECT_EQ(ParseDataType("fp32"), std::nullopt);
}

TEST(ParseDataTypeTest, PartsOfNamesAreNothing) {
  EXPECT_EQ(ParseDataType(""), std::nullopt);
  EXPECT_EQ(ParseDataType("INT"), std::nullopt);
  EXPECT_EQ(ParseDataType("INT321"), std::nullopt);
}

}  // namespace
}  // namespace sconce
