#include "server/sources/repository_watcher.h"

#include <chrono>
#include <string>

#include "gtest/gtest.h"

#include "server/base/mutex.h"
#include "tests/unit/sources/temp_repository.h"

namespace sconce {
namespace {

// Counts the calls of a watcher.
class Changes {
 public:
  void Add() ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    ++count_;
    changed_.SignalAll();
  }

  // False after a minute.
  bool WaitFor(int count) ABSL_LOCKS_EXCLUDED(mu_) {
    const MonoTime deadline = Clock::Real()->Now() + std::chrono::minutes(1);
    MutexLock lock(&mu_);
    while (count_ < count && changed_.WaitUntil(&mu_, deadline)) {
    }
    return count_ >= count;
  }

  int count() ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    return count_;
  }

 private:
  Mutex mu_;
  CondVar changed_;
  int count_ ABSL_GUARDED_BY(mu_) = 0;
};

RepositoryWatcher::Options OptionsFor(const std::string& folder,
                                      Changes* changes) {
  RepositoryWatcher::Options options;
  options.directories = {folder};
  options.period = std::chrono::hours(1);
  options.on_change = [changes] { changes->Add(); };
  options.min_interval = std::chrono::milliseconds(1);
  return options;
}

TEST(RepositoryWatcherTest, EndsAtOnceWithoutAChange) {
  const TempRepository repository;
  Changes changes;
  { RepositoryWatcher watcher(OptionsFor(repository.path(), &changes)); }
  EXPECT_EQ(changes.count(), 0);
}

TEST(RepositoryWatcherTest, TellsOfEachChange) {
  const TempRepository repository;
  if (FolderWatches({repository.path()}).descriptor() < 0) {
    GTEST_SKIP() << "no inotify here";
  }
  Changes changes;
  RepositoryWatcher watcher(OptionsFor(repository.path(), &changes));
  repository.AddFile("net/1/model.pt", "one");
  ASSERT_TRUE(changes.WaitFor(1));
  const int before = changes.count();
  repository.AddFile("net/1/model.pt", "two");
  EXPECT_TRUE(changes.WaitFor(before + 1));
}

TEST(RepositoryWatcherTest, WhatCannotBeWatchedCountsAsChangedEachPeriod) {
  const TempRepository repository;
  Changes changes;
  RepositoryWatcher::Options options =
      OptionsFor(repository.path("missing"), &changes);
  options.period = std::chrono::milliseconds(1);
  RepositoryWatcher watcher(options);
  EXPECT_TRUE(changes.WaitFor(3));
}

TEST(RepositoryWatcherTest, EndsAtOnceBetweenTwoCalls) {
  const TempRepository repository;
  Changes changes;
  RepositoryWatcher::Options options =
      OptionsFor(repository.path("missing"), &changes);
  options.period = std::chrono::milliseconds(1);
  options.min_interval = std::chrono::hours(1);
  RepositoryWatcher watcher(options);
  EXPECT_TRUE(changes.WaitFor(1));
}

}  // namespace
}  // namespace sconce
