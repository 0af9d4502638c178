#include "server/runtime/torch_rehearsal.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>

namespace sconce {
namespace {

auto Threads() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                       std::filesystem::directory_iterator());
}

// A process with threads could not be forked.
TEST(TorchRehearsalTest, StartsNoThread) {
  const auto before = Threads();
  RehearseLoad();
  EXPECT_EQ(Threads(), before);
}

}  // namespace
}  // namespace sconce
