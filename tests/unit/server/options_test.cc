#include "server/options.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/version.h"

namespace sconce {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::variant<ServerOptions, ExitRequest> Parse(
    const std::vector<std::string>& flags) {
  std::vector<const char*> argv = {"sconce-server"};
  for (const std::string& flag : flags) argv.push_back(flag.c_str());
  return ParseCommandLine(static_cast<int>(argv.size()), argv.data());
}

// The options of a command line that holds `flags` and a repository.
ServerOptions OptionsOf(std::vector<std::string> flags) {
  flags.insert(flags.end(), {"--model-repository", "models"});
  const auto parsed = Parse(flags);
  if (const auto* exit = std::get_if<ExitRequest>(&parsed)) {
    ADD_FAILURE() << exit->text;
    return {};
  }
  return std::get<ServerOptions>(parsed);
}

// Why the process ends after `flags`.
ExitRequest ExitOf(const std::vector<std::string>& flags) {
  const auto parsed = Parse(flags);
  const auto* const exit = std::get_if<ExitRequest>(&parsed);
  if (exit == nullptr) {
    ADD_FAILURE() << "the flags were accepted";
    return {};
  }
  return *exit;
}

// The same with a repository, so that only `flags` can be at fault. Checks
// that the fault is told in one line, with code 2.
std::string FaultOf(std::vector<std::string> flags) {
  flags.insert(flags.end(), {"--model-repository", "models"});
  const ExitRequest exit = ExitOf(flags);
  EXPECT_EQ(exit.code, 2);
  EXPECT_EQ(std::count(exit.text.begin(), exit.text.end(), '\n'), 1)
      << exit.text;
  EXPECT_THAT(exit.text, StartsWith("sconce-server: "));
  EXPECT_THAT(exit.text, EndsWith("; see --help\n"));
  return exit.text;
}

// A variable of the environment, for the length of a test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    setenv(name, value, /*overwrite=*/1);
  }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* const name_;
};

TEST(OptionsTest, ModelsAreServedUnbatchedAndStrictlyByDefault) {
  const ServerOptions options = OptionsOf({});
  EXPECT_THAT(options.model_repositories, ElementsAre("models"));
  EXPECT_EQ(options.max_batch_size, 32);
  EXPECT_TRUE(options.strict_readiness);
  EXPECT_EQ(options.server_name, "sconce");
}

TEST(OptionsTest, TheNetworkIsThisMachineByDefault) {
  const ServerOptions options = OptionsOf({});
  EXPECT_EQ(options.listen, "127.0.0.1");
  EXPECT_EQ(options.grpc_port, 8001);
  EXPECT_EQ(options.http_port, 8002);
  EXPECT_EQ(options.max_message_bytes, 64 * 1024 * 1024);
}

TEST(OptionsTest, ADrainFitsItsTimeByDefault) {
  const ServerOptions options = OptionsOf({});
  EXPECT_EQ(options.max_connection_age, absl::Seconds(10));
  EXPECT_EQ(options.drain_timeout, absl::Seconds(25));
}

TEST(OptionsTest, ARunIsInterruptedAfterAMinuteByDefault) {
  EXPECT_EQ(OptionsOf({}).max_execution_time, absl::Minutes(1));
}

TEST(OptionsTest, ThreadsAreChosenFromTheProcessorsByDefault) {
  const ServerOptions options = OptionsOf({});
  EXPECT_EQ(options.grpc_queues, 0);
  EXPECT_EQ(options.lanes, 0);
  EXPECT_EQ(options.threads_per_lane, 1);
}

TEST(OptionsTest, QueueOptimizerAndLogHaveDefaults) {
  const ServerOptions options = OptionsOf({});
  EXPECT_EQ(options.max_queue_size, 1024);
  EXPECT_EQ(options.optimize, "auto");
  EXPECT_EQ(options.log_format, "text");
  EXPECT_EQ(options.log_level, "info");
}

TEST(OptionsTest, ThereMayBeSeveralRepositories) {
  const ServerOptions options = OptionsOf({"--model-repository", "more"});
  EXPECT_THAT(options.model_repositories, ElementsAre("more", "models"));
}

TEST(OptionsTest, MaxBatchSizeIsRead) {
  EXPECT_EQ(OptionsOf({"--max-batch-size", "8"}).max_batch_size, 8);
  EXPECT_EQ(OptionsOf({}).max_request_memory, -1);
  EXPECT_EQ(OptionsOf({"--max-request-memory", "2GB"}).max_request_memory,
            int64_t{2} << 30);
}

// The models of a command line without a repository, as "name at path".
std::vector<std::string> ModelsOf(const std::vector<std::string>& flags) {
  const auto parsed = Parse(flags);
  if (const auto* exit = std::get_if<ExitRequest>(&parsed)) {
    ADD_FAILURE() << exit->text;
    return {};
  }
  std::vector<std::string> models;
  for (const ModelPath& m : std::get<ServerOptions>(parsed).models) {
    models.push_back(m.name + " at " + m.path);
  }
  return models;
}

TEST(OptionsTest, ModelsMayBeGivenByNameAndPathInsteadOfARepository) {
  EXPECT_THAT(ModelsOf({"--model", "net=/mnt/models", "--model=b=x=y"}),
              ElementsAre("net at /mnt/models", "b at x=y"));
  EXPECT_THAT(OptionsOf({"--model", "a=b"}).model_repositories,
              ElementsAre("models"));
}

TEST(OptionsTest, AModelGoesBeforeTheVariableToo) {
  const Variable folders("SCONCE_MODEL_REPOSITORY", "/models");
  const auto parsed = Parse({"--model", "net=/mnt/models"});
  ASSERT_TRUE(std::holds_alternative<ServerOptions>(parsed));
  EXPECT_THAT(std::get<ServerOptions>(parsed).model_repositories,
              ElementsAre());
}

TEST(OptionsTest, AModelHasOnePath) {
  EXPECT_THAT(FaultOf({"--model", "a=b", "--model", "a=c"}),
              AllOf(HasSubstr("--model"), HasSubstr("'a' is given twice")));
}

TEST(OptionsTest, OperatorsAreAllowedOneByOne) {
  EXPECT_THAT(OptionsOf({}).allowed_operators, ElementsAre());
  EXPECT_THAT(OptionsOf({"--allow-operator", "aten::save", "--allow-operator",
                         "__setstate__"})
                  .allowed_operators,
              ElementsAre("aten::save", "__setstate__"));
}

TEST(OptionsTest, ModelsAreProvenUnlessToldOtherwise) {
  for (const char* off : {"off", "false"}) {
    EXPECT_FALSE(OptionsOf({"--model-probe", off}).model_probe) << off;
  }
  for (const auto& flags : {std::vector<std::string>{},
                            {"--model-probe=on"},
                            {"--model-probe=true"},
                            {"--model-probe=5m"}}) {
    EXPECT_TRUE(OptionsOf(flags).model_probe);
    EXPECT_EQ(OptionsOf(flags).model_probe_timeout, absl::Minutes(5));
  }
}

TEST(OptionsTest, TheTimeOfAProofIsReadAndMayBeUnlimited) {
  EXPECT_EQ(OptionsOf({"--model-probe", "3s"}).model_probe_timeout,
            absl::Seconds(3));
  EXPECT_TRUE(OptionsOf({"--model-probe", "0s"}).model_probe);
  EXPECT_EQ(OptionsOf({"--model-probe", "0s"}).model_probe_timeout,
            absl::ZeroDuration());
}

TEST(OptionsTest, StrictReadinessIsRead) {
  EXPECT_FALSE(OptionsOf({"--strict-readiness", "false"}).strict_readiness);
  EXPECT_FALSE(OptionsOf({"--strict-readiness=false"}).strict_readiness);
  EXPECT_TRUE(OptionsOf({"--strict-readiness=true"}).strict_readiness);
}

TEST(OptionsTest, ServerNameIsRead) {
  EXPECT_EQ(OptionsOf({"--server-name", "triton"}).server_name, "triton");
}

TEST(OptionsTest, ListenIsRead) {
  EXPECT_EQ(OptionsOf({"--listen", "0.0.0.0"}).listen, "0.0.0.0");
}

TEST(OptionsTest, PortsAreRead) {
  const ServerOptions options =
      OptionsOf({"--grpc-port", "9001", "--http-port", "0"});
  EXPECT_EQ(options.grpc_port, 9001);
  EXPECT_EQ(options.http_port, 0);
}

TEST(OptionsTest, GrpcQueuesAreRead) {
  EXPECT_EQ(OptionsOf({"--grpc-queues", "3"}).grpc_queues, 3);
}

TEST(OptionsTest, ManagementListensOnThisMachineByDefault) {
  EXPECT_EQ(OptionsOf({}).management_host, "127.0.0.1");
  EXPECT_EQ(OptionsOf({}).management_port, 8003);
}

TEST(OptionsTest, TheManagementAddressIsRead) {
  const auto options = OptionsOf({"--management-address", "0.0.0.0:0"});
  EXPECT_EQ(options.management_host, "0.0.0.0");
  EXPECT_EQ(options.management_port, 0);
  const auto v6 = OptionsOf({"--management-address", "[::1]:9003"});
  EXPECT_EQ(v6.management_host, "::1");
  EXPECT_EQ(v6.management_port, 9003);
}

TEST(OptionsTest, ManagementMayBeOff) {
  EXPECT_EQ(OptionsOf({"--management-address", "off"}).management_host, "");
  EXPECT_EQ(OptionsOf({"--management-address", ""}).management_host, "");
}

TEST(OptionsTest, DurationsAreRead) {
  const ServerOptions options =
      OptionsOf({"--max-connection-age", "250ms", "--drain-timeout", "1m30s"});
  EXPECT_EQ(options.max_connection_age, absl::Milliseconds(250));
  EXPECT_EQ(options.drain_timeout, absl::Seconds(90));
}

TEST(OptionsTest, ADurationMayBeZero) {
  EXPECT_EQ(OptionsOf({"--max-connection-age", "0s"}).max_connection_age,
            absl::ZeroDuration());
}

TEST(OptionsTest, LanesAreRead) {
  EXPECT_EQ(OptionsOf({"--lanes", "5"}).lanes, 5);
}

TEST(OptionsTest, ALaneMayHaveSeveralThreads) {
  const ServerOptions options = OptionsOf({"--lanes", "3x4"});
  EXPECT_EQ(options.lanes, 3);
  EXPECT_EQ(options.threads_per_lane, 4);
  EXPECT_EQ(OptionsOf({"--lanes", "0x2"}).lanes, 0);
  EXPECT_EQ(OptionsOf({"--lanes", "5"}).threads_per_lane, 1);
}

TEST(OptionsTest, MaxQueueSizeIsRead) {
  EXPECT_EQ(OptionsOf({"--max-queue-size", "1"}).max_queue_size, 1);
}

TEST(OptionsTest, OptimizeIsRead) {
  EXPECT_EQ(OptionsOf({"--optimize", "off"}).optimize, "off");
  EXPECT_EQ(OptionsOf({"--optimize", "freeze"}).optimize, "freeze");
}

TEST(OptionsTest, LogFlagsAreRead) {
  const ServerOptions options =
      OptionsOf({"--log-format", "json", "--log-level", "debug"});
  EXPECT_EQ(options.log_format, "json");
  EXPECT_EQ(options.log_level, "debug");
}

struct SizeRow {
  const char* text;
  int64_t bytes;
};

class MessageSizeTest : public testing::TestWithParam<SizeRow> {};

TEST_P(MessageSizeTest, IsRead) {
  EXPECT_EQ(
      OptionsOf({"--max-message-size", GetParam().text}).max_message_bytes,
      GetParam().bytes);
}

INSTANTIATE_TEST_SUITE_P(
    Units, MessageSizeTest,
    testing::Values(SizeRow{"4096", 4096}, SizeRow{"8KiB", 8 << 10},
                    SizeRow{"64MiB", 64 << 20}, SizeRow{"1GiB", 1 << 30},
                    SizeRow{"16mib", 16 << 20}, SizeRow{"1024", 1024},
                    SizeRow{"2147483647", 2147483647}));

struct FaultRow {
  const char* flag;
  const char* value;
};

// Values that a flag refuses.
class BadValueTest : public testing::TestWithParam<FaultRow> {};

TEST_P(BadValueTest, IsToldInOneLineThatNamesTheFlag) {
  EXPECT_THAT(FaultOf({GetParam().flag, GetParam().value}),
              HasSubstr(GetParam().flag));
}

INSTANTIATE_TEST_SUITE_P(
    Numbers, BadValueTest,
    testing::Values(
        FaultRow{"--max-batch-size", "-1"},
        FaultRow{"--max-batch-size", "65537"},
        FaultRow{"--max-batch-size", "many"}, FaultRow{"--grpc-port", "65536"},
        FaultRow{"--grpc-port", "-1"}, FaultRow{"--http-port", "65536"},
        FaultRow{"--http-port", "http"}, FaultRow{"--grpc-queues", "65"},
        FaultRow{"--management-address", "here"},
        FaultRow{"--management-address", ":1"},
        FaultRow{"--management-address", "127.0.0.1:65536"},
        FaultRow{"--management-address", "127.0.0.1:"},
        FaultRow{"--lanes", "-1"}, FaultRow{"--lanes", "1.5"},
        FaultRow{"--lanes", ""}, FaultRow{"--lanes", "2x"},
        FaultRow{"--lanes", "x2"}, FaultRow{"--lanes", "2x0"},
        FaultRow{"--lanes", "2x2x2"}, FaultRow{"--lanes", "1025"},
        FaultRow{"--lanes", "1x257"}, FaultRow{"--max-queue-size", "0"}));

INSTANTIATE_TEST_SUITE_P(
    Sizes, BadValueTest,
    testing::Values(FaultRow{"--max-message-size", "1023"},
                    FaultRow{"--max-message-size", "2GiB"},
                    FaultRow{"--max-message-size", "64 elephants"},
                    FaultRow{"--max-message-size", "-1"},
                    FaultRow{"--max-message-size", "99999999999999999999GiB"}));

INSTANTIATE_TEST_SUITE_P(Durations, BadValueTest,
                         testing::Values(FaultRow{"--drain-timeout", "10"},
                                         FaultRow{"--drain-timeout", "-1s"},
                                         FaultRow{"--drain-timeout", "inf"},
                                         FaultRow{"--drain-timeout", "soon"},
                                         FaultRow{"--max-connection-age",
                                                  "10 s"},
                                         FaultRow{"--max-connection-age", ""}));

INSTANTIATE_TEST_SUITE_P(
    Words, BadValueTest,
    testing::Values(
        FaultRow{"--optimize", "fast"}, FaultRow{"--log-format", "xml"},
        FaultRow{"--log-level", "trace"}, FaultRow{"--model-probe", "maybe"},
        FaultRow{"--model", "net"}, FaultRow{"--model", "net="},
        FaultRow{"--model", "=path"}, FaultRow{"--model", "a/b=path"},
        FaultRow{"--strict-readiness", "perhaps"}));

TEST(OptionsTest, ABadDurationIsQuotedWithTheRemedy) {
  EXPECT_THAT(FaultOf({"--drain-timeout", "10"}),
              HasSubstr("'10' is no duration; write 500ms, 10s or 1m"));
}

TEST(OptionsTest, AnUnknownFlagIsNamed) {
  EXPECT_THAT(FaultOf({"--no-such-flag"}), HasSubstr("--no-such-flag"));
}

TEST(OptionsTest, SeveralUnknownFlagsAreOneFault) {
  EXPECT_THAT(FaultOf({"--first-unknown", "--second-unknown"}),
              AllOf(HasSubstr("first-unknown"), HasSubstr("second-unknown")));
}

TEST(OptionsTest, AWordThatBelongsToNoFlagIsNamed) {
  EXPECT_THAT(FaultOf({"stray"}), HasSubstr("stray"));
}

TEST(OptionsTest, ALineBreakInAValueStaysInTheLine) {
  FaultOf({"--optimize", "fa\nst"});
}

TEST(OptionsTest, AFlagThatIsGivenTwiceIsAFault) {
  EXPECT_THAT(FaultOf({"--lanes", "1", "--lanes", "2"}), HasSubstr("--lanes"));
}

TEST(OptionsTest, AFlagWithoutItsValueIsAFault) {
  const ExitRequest exit = ExitOf({"--model-repository", "m", "--lanes"});
  EXPECT_EQ(exit.code, 2);
  EXPECT_THAT(exit.text, HasSubstr("--lanes"));
}

TEST(OptionsTest, ARepositoryIsRequired) {
  const ExitRequest exit = ExitOf({});
  EXPECT_EQ(exit.code, 2);
  EXPECT_THAT(exit.text, HasSubstr("--model-repository"));
  EXPECT_EQ(std::count(exit.text.begin(), exit.text.end(), '\n'), 1);
}

TEST(OptionsTest, RepositoriesMayComeFromTheEnvironment) {
  const Variable folders("SCONCE_MODEL_REPOSITORY", "/models::/more");
  const auto parsed = Parse({});
  ASSERT_TRUE(std::holds_alternative<ServerOptions>(parsed));
  EXPECT_THAT(std::get<ServerOptions>(parsed).model_repositories,
              ElementsAre("/models", "/more"));
}

TEST(OptionsTest, AnEmptyVariableIsNoRepository) {
  const Variable folders("SCONCE_MODEL_REPOSITORY", "");
  EXPECT_EQ(ExitOf({}).code, 2);
}

TEST(OptionsTest, TheAddressMayComeFromTheEnvironment) {
  const Variable listen("SCONCE_LISTEN", "0.0.0.0");
  EXPECT_EQ(OptionsOf({}).listen, "0.0.0.0");
}

TEST(OptionsTest, AFlagCountsAndNotItsVariable) {
  const Variable folders("SCONCE_MODEL_REPOSITORY", "/models");
  const Variable listen("SCONCE_LISTEN", "0.0.0.0");
  const ServerOptions options = OptionsOf({"--listen", "::1"});
  EXPECT_THAT(options.model_repositories, ElementsAre("models"));
  EXPECT_EQ(options.listen, "::1");
}

TEST(OptionsTest, HelpEndsWellAndNeedsNoRepository) {
  const ExitRequest exit = ExitOf({"--help"});
  EXPECT_EQ(exit.code, 0);
  EXPECT_THAT(exit.text, HasSubstr("--model-repository"));
}

TEST(OptionsTest, TheExecutionTimeIsReadAndMayBeUnlimited) {
  EXPECT_EQ(OptionsOf({"--max-execution-time", "300ms"}).max_execution_time,
            absl::Milliseconds(300));
  EXPECT_EQ(OptionsOf({"--max-execution-time", "0s"}).max_execution_time,
            absl::ZeroDuration());
}

TEST(OptionsTest, HelpIsDividedIntoGroups) {
  const std::string help = ExitOf({"--help"}).text;
  EXPECT_THAT(help,
              AllOf(HasSubstr("\nModels:\n"), HasSubstr("\nNetwork:\n"),
                    HasSubstr("\nExecution:\n"), HasSubstr("\nLogging:\n")));
}

TEST(OptionsTest, ADeviceIsAutomaticUnlessOneIsNamed) {
  using Kind = DeviceChoice::Kind;
  EXPECT_EQ(OptionsOf({}).device.kind, Kind::kAuto);
  EXPECT_EQ(OptionsOf({"--device", "cpu"}).device.kind, Kind::kCpu);
  EXPECT_THAT(OptionsOf({"--device", "cuda"}).device.indices, IsEmpty());
  const DeviceChoice two = OptionsOf({"--device", "cuda:3,1,3"}).device;
  EXPECT_EQ(two.kind, Kind::kCuda);
  EXPECT_THAT(two.indices, ElementsAre(1, 3));
  EXPECT_EQ(OptionsOf({}).gpu_memory_fraction, 0.9);
}

TEST(OptionsTest, WhatIsNoDeviceIsRefused) {
  for (const char* text : {"", "gpu", "cuda:", "cuda:a", "cuda:0,", "cuda:-1",
                           "cuda:64", "CUDA", "cpu:0"}) {
    const ExitRequest exit = ExitOf({absl::StrCat("--device=", text)});
    EXPECT_EQ(exit.code, 2) << text;
    EXPECT_THAT(exit.text, HasSubstr("--device")) << text;
  }
  EXPECT_EQ(ExitOf({"--gpu-memory-fraction=0"}).code, 2);
  EXPECT_EQ(ExitOf({"--gpu-memory-fraction=1.1"}).code, 2);
}

TEST(DeviceChoiceTest, ChosenDevicesAreThere) {
  const DeviceChoice all{DeviceChoice::Kind::kAuto, {}};
  EXPECT_THAT(*ChosenDevices(all, 2), ElementsAre(0, 1));
  const DeviceChoice one{DeviceChoice::Kind::kCuda, {1}};
  EXPECT_THAT(*ChosenDevices(one, 2), ElementsAre(1));
  const absl::Status missing = ChosenDevices(one, 1).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(missing));
  EXPECT_THAT(std::string(missing.message()), HasSubstr("cuda:1"));
}

TEST(OptionsTest, HelpShowsDefaultsAsTheyAreWritten) {
  const std::string help = ExitOf({"--help"}).text;
  EXPECT_THAT(help, ContainsRegex("--max-message-size SIZE.*64MiB"));
  EXPECT_THAT(help, ContainsRegex("--drain-timeout DURATION.*25s"));
}

// Each one more is another thing to know about the server.
TEST(OptionsTest, ThereAreAtMost30Flags) {
  const std::string help = ExitOf({"--help"}).text;
  int flags = 0;
  for (const absl::string_view line : absl::StrSplit(help, '\n')) {
    flags += absl::StartsWith(line, "  --") ? 1 : 0;
  }
  EXPECT_GE(flags, 20);  // or this looks for the wrong thing
  EXPECT_LE(flags, 30 + 1) << "with --version";
}

TEST(OptionsTest, VersionEndsWellAndIsOneLine) {
  for (const char* word : {"--version", "version"}) {
    const ExitRequest exit = ExitOf({word});
    EXPECT_EQ(exit.code, 0);
    EXPECT_EQ(exit.text, std::string(kServerVersion) + "\n");
  }
}

}  // namespace
}  // namespace sconce
