#include "server/runtime/cuda/cuda_calls.h"

#include <c10/core/impl/FakeGuardImpl.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "server/device/device_error.h"
#include "server/runtime/cuda/cuda_event.h"
#include "tests/unit/runtime/cuda/fake_cudart.h"

namespace sconce {
namespace {

using ::testing::HasSubstr;

// LibTorch's own stand-in for what makes a device current.
C10_REGISTER_GUARD_IMPL(CUDA, c10::impl::FakeGuardImpl<c10::kCUDA>)

constexpr char kIllegalAddress[] = "an illegal memory access was encountered";

class CudaCallsTest : public ::testing::Test {
 protected:
  CudaCallsTest() {
    *TheCudart() = {};
    EXPECT_TRUE(calls_.Init().ok());
  }

  absl::Status CallReturning(cudaError_t code) {
    return calls_.Call([code] {
      TheCudart()->last_error = code;
      return code;
    });
  }

  absl::Status CallThrowing(const std::exception_ptr& thrown) {
    return calls_.Call(
        [&]() -> cudaError_t { std::rethrow_exception(thrown); });
  }

  CudaCalls calls_{0, "cuda:0"};
};

TEST_F(CudaCallsTest, ARefusedCallIsAnErrorOfThatCallOnly) {
  const absl::Status status = CallReturning(cudaErrorInvalidValue);
  EXPECT_EQ(status, absl::InternalError("device 'cuda:0': another error"));
  EXPECT_FALSE(IsDeviceFailure(status));
  EXPECT_TRUE(CallReturning(cudaSuccess).ok());
  EXPECT_TRUE(calls_.Check().ok());
}

TEST_F(CudaCallsTest, NoErrorIsLeftForLibTorchToFind) {
  EXPECT_FALSE(CallReturning(cudaErrorInvalidValue).ok());
  EXPECT_EQ(TheCudart()->last_error, 0);
}

TEST_F(CudaCallsTest, AFailedDeviceIsCalledNoMore) {
  TheCudart()->sticky = cudaErrorIllegalAddress;
  const absl::Status status = CallReturning(cudaErrorIllegalAddress);
  EXPECT_TRUE(IsDeviceFailure(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr(kIllegalAddress));
  bool called = false;
  EXPECT_EQ(calls_.Call([&] {
    called = true;
    return cudaSuccess;
  }),
            status);
  EXPECT_FALSE(called);
  EXPECT_EQ(calls_.Check(), status);
}

TEST_F(CudaCallsTest, ADeviceThatIsGivenUpIsCalledNoMore) {
  const absl::Status failure = calls_.Fail("it is stuck");
  EXPECT_TRUE(IsDeviceFailure(failure));
  EXPECT_THAT(std::string(failure.message()), HasSubstr("it is stuck"));
  EXPECT_EQ(CallReturning(cudaSuccess), failure);
  EXPECT_EQ(calls_.Check(), failure);
  EXPECT_EQ(calls_.Fail("again"), failure);
}

TEST_F(CudaCallsTest, CheckFindsAFailureThatNoCallHasMet) {
  EXPECT_TRUE(calls_.Check().ok());
  TheCudart()->sticky = cudaErrorAssert;
  EXPECT_TRUE(IsDeviceFailure(calls_.Check()));
  TheCudart()->sticky = 0;
  EXPECT_TRUE(IsDeviceFailure(calls_.Check())) << "it is remembered";
}

TEST_F(CudaCallsTest, CheckDoesNotMindWorkThatIsNotDone) {
  TheCudart()->event = cudaErrorNotReady;
  EXPECT_TRUE(calls_.Check().ok());
  EXPECT_EQ(TheCudart()->last_error, 0);
}

TEST_F(CudaCallsTest, TheFailureBehindAnOperatorsWordsIsTold) {
  const absl::Status words = absl::InternalError("CUDA error: something");
  EXPECT_EQ(calls_.Explain(words), words);
  TheCudart()->sticky = cudaErrorIllegalAddress;
  EXPECT_TRUE(IsDeviceFailure(calls_.Explain(words)));
}

TEST_F(CudaCallsTest, LibTorchsExceptionsBecomeStatuses) {
  const c10::SourceLocation here = {"function", "file.cpp", 1};
  const auto thrown = [&](const auto& e) {
    return CallThrowing(std::make_exception_ptr(e));
  };
  EXPECT_EQ(thrown(c10::OutOfMemoryError(
                here,
                "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 "
                "has no more")),
            absl::ResourceExhaustedError(
                "device 'cuda:0' is out of memory: 2.00 GiB were asked for"));
  EXPECT_EQ(thrown(c10::Error(here, "what went wrong")),
            absl::InternalError("device 'cuda:0': what went wrong"));
  EXPECT_EQ(thrown(std::runtime_error("a model's error")),
            absl::InternalError("device 'cuda:0': a model's error"));
  EXPECT_TRUE(IsDeviceFailure(thrown(c10::AcceleratorError(
      here, cudaErrorLaunchFailure, "CUDA error: unspecified"))));
}

TEST_F(CudaCallsTest, ShortMemoryIsNoFailure) {
  EXPECT_EQ(CallReturning(cudaErrorMemoryAllocation),
            absl::ResourceExhaustedError("device 'cuda:0' is out of memory"));
}

TEST(CudaCallsLifeTest, GivesBackWhatItAskedWith) {
  *TheCudart() = {};
  {
    CudaCalls calls(0, "cuda:0");
    ASSERT_TRUE(calls.Init().ok());
    EXPECT_EQ(TheCudart()->events, 1);
    EXPECT_EQ(TheCudart()->streams, 1);
  }
  EXPECT_EQ(TheCudart()->events, 0);
  EXPECT_EQ(TheCudart()->streams, 0);
}

using CudaEventTest = CudaCallsTest;

TEST_F(CudaEventTest, ThatWasNeverRecordedIsDone) {
  TheCudart()->event = cudaErrorNotReady;
  EXPECT_TRUE(CudaEvent(&calls_, false).IsDone().value());
}

TEST_F(CudaEventTest, IsDoneWhenItsWorkIs) {
  CudaEvent event(&calls_, /*with_times=*/false);
  ASSERT_TRUE(event.RecordOn(nullptr).ok());
  TheCudart()->event = cudaErrorNotReady;
  EXPECT_FALSE(event.IsDone().value());
  EXPECT_EQ(TheCudart()->last_error, 0) << "not ready is no error";
  TheCudart()->event = cudaSuccess;
  EXPECT_TRUE(event.IsDone().value());
}

TEST_F(CudaEventTest, TellsTheFailureOfTheDevice) {
  CudaEvent event(&calls_, /*with_times=*/false);
  ASSERT_TRUE(event.RecordOn(nullptr).ok());
  TheCudart()->sticky = cudaErrorIllegalAddress;
  EXPECT_TRUE(IsDeviceFailure(event.IsDone().status()));
}

TEST_F(CudaEventTest, IsMadeOnceAndGivenBack) {
  const int before = TheCudart()->events;
  {
    CudaEvent event(&calls_, /*with_times=*/false);
    EXPECT_EQ(TheCudart()->events, before);
    ASSERT_TRUE(event.RecordOn(nullptr).ok());
    ASSERT_TRUE(event.RecordOn(nullptr).ok());
    EXPECT_EQ(TheCudart()->events, before + 1);
  }
  EXPECT_EQ(TheCudart()->events, before);
}

}  // namespace
}  // namespace sconce
