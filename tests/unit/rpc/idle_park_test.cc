#include "server/rpc/idle_park.h"

#include <gtest/gtest.h>

#include <atomic>

#include "server/base/notification.h"
#include "server/base/thread.h"

namespace sconce {
namespace {

TEST(IdleParkTest, NobodyWaitsWhereSomebodyIsConnected) {
  IdlePark park([] { return 1; });
  park.Wait();
}

TEST(IdleParkTest, AThreadWaitsForTheNextConnection) {
  Notification counted;
  std::atomic<bool> connected = false;
  IdlePark park([&] {
    counted.Notify();
    return 0;
  });
  Thread thread("parked", [&] {
    park.Wait();
    EXPECT_TRUE(connected);
  });
  counted.Wait();
  connected = true;
  park.OnConnection();
}

TEST(IdleParkTest, AConnectionDuringTheCountIsNotMissed) {
  IdlePark* self = nullptr;
  IdlePark park([&] {
    self->OnConnection();
    return 0;
  });
  self = &park;
  park.Wait();
}

TEST(IdleParkTest, AnOpenOneKeepsNobody) {
  IdlePark park([] { return 0; });
  park.Open();
  park.Wait();
}

}  // namespace
}  // namespace sconce
