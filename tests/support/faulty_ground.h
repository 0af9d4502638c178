// FaultyGround: runs a scenario with a fault at its first weak point, then at
// its second … until none fails.
#ifndef TESTS_SUPPORT_FAULTY_GROUND_H_
#define TESTS_SUPPORT_FAULTY_GROUND_H_

#include <functional>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "tests/support/model_ground.h"

namespace sconce {

class FaultyGround : public ManagerOnGround {
 protected:
  static constexpr MemoryNeed kNeed = {50, 30};

  // The n-th weak point from now on, counted from 1, is to fail; whether there
  // were so many.
  virtual void FailNth(int n) = 0;
  virtual bool FaultCame() = 0;

  // Runs `scenario` with a fault at each weak point, and looks after each
  // whether everything is in its place.
  void AtEachFault(int load_threads, const std::function<void()>& scenario) {
    int n = 1;
    do {
      SCOPED_TRACE(absl::StrCat("the fault is at ", n));
      ASSERT_LT(n, 1000);
      Start(load_threads, 1000);
      for (const char* what : {"net 1a", "net 2a", "net 1b", "other 1a"}) {
        ground_.Need(what, kNeed);
      }
      FailNth(n++);
      scenario();
      CheckEndIsClean();
    } while (FaultCame() && !HasFatalFailure());
    EXPECT_GT(n, 4);  // there was something to fail
  }

  // What is loaded, and that alone, is alive and holds memory. To be called
  // when nothing is on its way.
  void CheckInvariants(int loaded) {
    EXPECT_EQ(ground_.alive(), loaded);
    EXPECT_EQ(manager_->reserved_memory(), loaded * kNeed.loaded);
    for (const ServableReport& report : manager_->Index()) {
      const auto handle =
          manager_->GetHandle(report.id.model, report.id.version);
      EXPECT_EQ(handle.ok(), report.state == State::kReady);
      if (handle.ok()) {
        EXPECT_TRUE(ground_.IsAlive((*handle)->id().instance));
      }
    }
  }

 private:
  void CheckEndIsClean() {
    manager_->UnloadAll();
    CheckInvariants(0);
    EXPECT_TRUE(manager_->Index().empty());
    manager_.reset();
  }
};

}  // namespace sconce

#endif  // TESTS_SUPPORT_FAULTY_GROUND_H_
