#include "client/loadtest/report/text_table.h"

#include "gtest/gtest.h"

namespace sconce::load {
namespace {

TEST(TextTableTest, NumbersStandBelowEachOther) {
  TextTable table;
  table.Add({"ms", "p50", "max"});
  table.Add({"latency", "1.250", "-"});
  table.Add({"lag"});
  EXPECT_EQ(table.Text(),
            "ms         p50  max\n"
            "latency  1.250    -\n"
            "lag\n");
}

TEST(TextTableTest, WithoutRowsIsEmpty) { EXPECT_EQ(TextTable().Text(), ""); }

}  // namespace
}  // namespace sconce::load
