#include "server/core/published.h"

#include <atomic>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "server/base/thread.h"

namespace sconce {
namespace {

std::shared_ptr<const int> Value(int value) {
  return std::make_shared<const int>(value);
}

TEST(PublishedTest, ReadsTheNewestValue) {
  Published<int> published(Value(1));
  EXPECT_EQ(published.Read(), 1);
  published.Set(Value(2));
  EXPECT_EQ(published.Read(), 2);
  EXPECT_EQ(*published.Get(), 2);
}

TEST(PublishedTest, TheCopiesOfTwoObjectsDoNotMix) {
  Published<int> first(Value(1));
  Published<int> second(Value(2));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(first.Read(), 1);
    EXPECT_EQ(second.Read(), 2);
  }
}

// The copy that the thread kept is of another object at the same place.
TEST(PublishedTest, ANewObjectAtAnOldAddressIsReadAnew) {
  std::optional<Published<int>> published;
  for (int i = 0; i < 10; ++i) {
    published.emplace(Value(i));
    EXPECT_EQ(published->Read(), i);
  }
}

TEST(PublishedTest, AThreadKeepsWhatItReadUntilItReadsAgain) {
  auto value = Value(1);
  const std::weak_ptr<const int> first = value;
  Published<int> published(std::move(value));
  const int& read = published.Read();
  published.Set(Value(2));
  EXPECT_EQ(read, 1);
  EXPECT_FALSE(first.expired());
  published.Read();
  EXPECT_TRUE(first.expired());
}

TEST(PublishedTest, WhatAThreadKeptEndsWithIt) {
  auto value = Value(1);
  const std::weak_ptr<const int> first = value;
  Published<int> published(std::move(value));
  Thread reader("read", [&] { EXPECT_EQ(published.Read(), 1); });
  reader.Join();
  published.Set(Value(2));
  EXPECT_TRUE(first.expired());
}

// A value whose end takes the lock of where it was published.
struct ReadsAtItsEnd {
  const Published<ReadsAtItsEnd>* home = nullptr;
  ~ReadsAtItsEnd() {
    if (home != nullptr) {
      EXPECT_NE(home->Get(), nullptr);
    }
  }
};

TEST(PublishedTest, AValueIsFreedWithoutALock) {
  Published<ReadsAtItsEnd> published(std::make_shared<ReadsAtItsEnd>());
  for (int reads = 0; reads < 2; ++reads) {
    auto value = std::make_shared<ReadsAtItsEnd>();
    value->home = &published;
    published.Set(std::move(value));
    // The next is the last to let go of it: here Set(), then Read().
    if (reads > 0) published.Read();
    published.Set(std::make_shared<ReadsAtItsEnd>());
    published.Read();
  }
}

TEST(PublishedTest, AReaderSeesAtLeastWhatItWasToldOf) {
  Published<int> published(Value(0));
  std::atomic<int> told = 0;
  constexpr int kLast = 2000;
  std::vector<Thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back("read", [&] {
      int last = 0;
      while (last < kLast) {
        const int least = told.load(std::memory_order_acquire);
        const int value = published.Read();
        EXPECT_GE(value, least);
        EXPECT_GE(value, last);
        last = value;
      }
    });
  }
  for (int i = 1; i <= kLast; ++i) {
    published.Set(Value(i));
    told.store(i, std::memory_order_release);
  }
}

}  // namespace
}  // namespace sconce
