// HarnessIn: a LoaderHarness in the state that a test asks for.
#ifndef TESTS_SUPPORT_HARNESS_IN_H_
#define TESTS_SUPPORT_HARNESS_IN_H_

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "gtest/gtest.h"

#include "server/core/loader_harness.h"
#include "tests/support/fake_servable.h"

namespace sconce {

inline std::unique_ptr<Loader> LoaderOf(
    const ServableId& id, const std::set<std::string>& sequences = {}) {
  static auto* const metrics = new ServerMetrics();
  return std::make_unique<FakeLoader>([id, sequences] {
    auto servable = std::make_unique<FakeServable>(
        id, ModelSignature{}, metrics->ForServable(id.model, id.version),
        [](InferTask*) {});
    servable->SetSequences(sequences);
    return servable;
  });
}

// Makes the transitions that lead there. Why it failed or is suspended: `why`.
// `sequences` live in it.
inline std::shared_ptr<LoaderHarness> HarnessIn(
    ServableState state, ServableId id = {"net", 1, 1},
    const absl::Status& why = absl::InternalError("broken"),
    const std::set<std::string>& sequences = {}) {
  using State = ServableState;
  ServableSpec spec;
  spec.id = id;
  auto harness = std::make_shared<LoaderHarness>(spec, LoaderOf(id, sequences));
  if (state == State::kNew) return harness;
  EXPECT_TRUE(harness->BeginLoad());
  EXPECT_TRUE(harness->Load().ok());
  if (state == State::kLoading) return harness;
  if (state == State::kError) {
    EXPECT_TRUE(harness->Fail(why));
    return harness;
  }
  EXPECT_TRUE(harness->Publish());
  if (state == State::kSuspended) {
    EXPECT_TRUE(harness->Suspend(why));
  }
  if (state == State::kQuiescing || state == State::kDisabled) {
    EXPECT_TRUE(harness->BeginUnload());
  }
  if (state == State::kDisabled) {
    EXPECT_TRUE(harness->Unload());
  }
  EXPECT_EQ(harness->state(), state);
  return harness;
}

}  // namespace sconce

#endif  // TESTS_SUPPORT_HARNESS_IN_H_
