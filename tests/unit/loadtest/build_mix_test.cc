#include "client/loadtest/payload/build_mix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "health/v1/health.grpc.pb.h"
#include "tests/unit/loadtest/fake_model_server.h"
#include "tests/unit/loadtest/mix_requests.h"

namespace sconce::load {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(BuildMixTest, MakesUpWhatTheModelTakes) {
  FakeModelServer server;
  server.AddInput("x", "FP32", {-1, 3}).AddInput("n", "INT64", {1});
  EntrySpec entry = EntryOf("net");
  entry.batch = 4;
  entry.version = "7";
  const auto mix = BuildMix({entry}, server.access(), 1);
  ASSERT_TRUE(mix.ok()) << mix.status();
  ASSERT_EQ(mix->size(), 1U);
  const auto request = RequestOf(mix->at(0).payloads.at(0));
  EXPECT_EQ(request.model_name(), "net");
  EXPECT_EQ(request.model_version(), "7");
  ASSERT_EQ(request.inputs_size(), 2);
  EXPECT_EQ(request.inputs(0).name(), "x");
  EXPECT_EQ(request.inputs(0).datatype(), "FP32");
  EXPECT_THAT(request.inputs(0).shape(), ElementsAre(4, 3));
  EXPECT_EQ(request.raw_input_contents(0).size(), 48U);
  EXPECT_THAT(request.inputs(1).shape(), ElementsAre(1));
}

TEST(BuildMixTest, EntriesHaveSeveralDifferentPayloads) {
  FakeModelServer server;
  server.AddInput("x", "FP32", {-1, 3});
  const auto mix = BuildMix({EntryOf("net")}, server.access(), 1);
  ASSERT_TRUE(mix.ok()) << mix.status();
  std::set<std::string> messages;
  for (const Payload& payload : mix->at(0).payloads) {
    messages.insert(BytesOf(payload.message));
    EXPECT_EQ(payload.check, nullptr);
  }
  EXPECT_EQ(messages.size(), 8U);
}

TEST(BuildMixTest, TheSeedDecidesWhatIsMadeUp) {
  FakeModelServer server;
  server.AddInput("x", "FP32", {-1, 3});
  const auto first = [&](uint64_t seed) {
    const auto mix = BuildMix({EntryOf("net")}, server.access(), seed);
    return BytesOf(mix->at(0).payloads.at(0).message);
  };
  EXPECT_EQ(first(1), first(1));
  EXPECT_NE(first(1), first(2));
}

TEST(BuildMixTest, OptionalInputsAreLeftOut) {
  FakeModelServer server;
  server.AddInput("x", "FP32", {1}).AddInput("mask", "BOOL", {1}, true);
  const auto mix = BuildMix({EntryOf("net")}, server.access(), 1);
  ASSERT_TRUE(mix.ok()) << mix.status();
  EXPECT_EQ(RequestOf(mix->at(0).payloads.at(0)).inputs_size(), 1);
}

TEST(BuildMixTest, TimingsAreForServersThatTellThem) {
  for (const std::string extension : {"timings", "statistics"}) {
    FakeModelServer server;
    server.extension = extension;
    server.AddInput("x", "FP32", {1});
    const auto mix = BuildMix({EntryOf("net")}, server.access(), 1);
    ASSERT_TRUE(mix.ok()) << mix.status();
    const auto request = RequestOf(mix->at(0).payloads.at(0));
    EXPECT_EQ(request.parameters().count("timings"),
              extension == "timings" ? 1 : 0);
  }
}

TEST(BuildMixTest, NamesOfEntriesAreUnique) {
  FakeModelServer server;
  server.AddInput("x", "FP32", {1});
  EntrySpec named = EntryOf("net");
  named.name = "net";
  EntrySpec old = EntryOf("net");
  old.version = "1";
  const auto mix = BuildMix({EntryOf("net"), named, old}, server.access(), 1);
  ASSERT_TRUE(mix.ok()) << mix.status();
  EXPECT_EQ(mix->at(0).name, "net #2");
  EXPECT_EQ(mix->at(1).name, "net");
  EXPECT_EQ(mix->at(2).name, "net@1");
  const auto twice = BuildMix({named, named}, server.access(), 1);
  EXPECT_TRUE(absl::IsInvalidArgument(twice.status()));
}

TEST(BuildMixTest, AnUnknownModelIsToldWithThoseThatThereAre) {
  FakeModelServer server;
  const auto mix = BuildMix({EntryOf("nut")}, server.access(), 1);
  EXPECT_TRUE(absl::IsNotFound(mix.status()));
  EXPECT_THAT(std::string(mix.status().message()),
              AllOf(HasSubstr(server.address()), HasSubstr("'nut'"),
                    HasSubstr("the server has detector, net")));
}

TEST(BuildMixTest, AServerThatIsNotThereIsTold) {
  const std::string nobody = "127.0.0.1:1";
  const auto mix = BuildMix({EntryOf("net")}, AccessTo(nobody), 1);
  EXPECT_TRUE(absl::IsUnavailable(mix.status()));
  EXPECT_THAT(std::string(mix.status().message()), HasSubstr(nobody));
}

TEST(BuildMixTest, AServerOfAnotherSortIsTold) {
  grpc::health::v1::Health::Service other;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(&other);
  const auto server = builder.BuildAndStart();
  const auto mix =
      BuildMix({EntryOf("net")}, AccessTo(absl::StrCat("127.0.0.1:", port)), 1);
  EXPECT_TRUE(absl::IsUnimplemented(mix.status()));
  EXPECT_THAT(std::string(mix.status().message()),
              AllOf(HasSubstr("ModelMetadata is not answered"),
                    HasSubstr("Open Inference Protocol")));
}

TEST(BuildMixTest, SettingsThatCannotBeAreRefused) {
  FakeModelServer server;
  server.AddInput("x", "FP32", {1});
  const auto refused = [&](const EntrySpec& entry) {
    return absl::IsInvalidArgument(
        BuildMix({entry}, server.access(), 1).status());
  };
  EntrySpec entry = EntryOf("net");
  entry.weight = 0;
  EXPECT_TRUE(refused(entry));
  entry = EntryOf("net");
  entry.batch = 0;
  EXPECT_TRUE(refused(entry));
  entry = EntryOf("net");
  entry.tolerance = -1;
  EXPECT_TRUE(refused(entry));
  EXPECT_TRUE(refused(EntryOf("")));
  EXPECT_TRUE(
      absl::IsInvalidArgument(BuildMix({}, server.access(), 1).status()));
}

}  // namespace
}  // namespace sconce::load
