#include "server/runtime/torch_error.h"

#include <c10/util/Exception.h>
#include <torch/csrc/jit/frontend/error_report.h>
#include <torch/csrc/jit/runtime/jit_exception.h>

#include <exception>
#include <new>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "server/telemetry/log.h"

namespace sconce {
namespace {

struct Pattern {
  absl::string_view text;
  absl::StatusCode code;
};

// Parts of LibTorch 2.11's messages, lower case; the first that occurs
// decides. tests/unit/runtime/torch_error_test.cc provokes each group.
constexpr Pattern kPatterns[] = {
    {"out of memory", absl::StatusCode::kResourceExhausted},
    {"can't allocate memory", absl::StatusCode::kResourceExhausted},
    {"alloc_failed", absl::StatusCode::kResourceExhausted},       // cuBLAS
    {"allocation_failed", absl::StatusCode::kResourceExhausted},  // cuDNN
    {"cuda error", absl::StatusCode::kInternal},
    {"not implemented for", absl::StatusCode::kInvalidArgument},
    {"by zero", absl::StatusCode::kInvalidArgument},
    {"division by 0", absl::StatusCode::kInvalidArgument},
    {"zerodivisionerror", absl::StatusCode::kInvalidArgument},
    {"integer overflow", absl::StatusCode::kInvalidArgument},
    {"could not run", absl::StatusCode::kUnimplemented},
    {"shape", absl::StatusCode::kInvalidArgument},
    {"size", absl::StatusCode::kInvalidArgument},
    {"dimension", absl::StatusCode::kInvalidArgument},
    {"channels", absl::StatusCode::kInvalidArgument},
    {"index", absl::StatusCode::kInvalidArgument},
    {"out of range", absl::StatusCode::kInvalidArgument},
    {"dtype", absl::StatusCode::kInvalidArgument},
    {"scalar type", absl::StatusCode::kInvalidArgument},
    {"expected", absl::StatusCode::kInvalidArgument},
    {"must match", absl::StatusCode::kInvalidArgument},
    {"non-empty", absl::StatusCode::kInvalidArgument},
    {"elements", absl::StatusCode::kInvalidArgument},
};

absl::Status ToStatus(absl::StatusCode code, absl::string_view text) {
  LogDebug("LibTorch error", {{"text", text}});
  return absl::Status(code, ErrorSentence(text));
}

absl::Status FromOperatorError(absl::string_view text) {
  return ToStatus(CodeOfOperatorError(ErrorSentence(text)), text);
}

}  // namespace

std::string ErrorSentence(absl::string_view text) {
  constexpr absl::string_view kMarker = "RuntimeError: ";
  const size_t at = text.rfind(kMarker);
  if (at != absl::string_view::npos) text.remove_prefix(at + kMarker.size());
  text = absl::StripAsciiWhitespace(text);
  // "[enforce fail at alloc_cpu.cpp:127] …" names a file of LibTorch.
  const size_t source = text.find("] ");
  if (absl::StartsWith(text, "[enforce fail at") &&
      source != absl::string_view::npos) {
    text.remove_prefix(source + 2);
    absl::ConsumePrefix(&text, "err == 0. ");
  }
  return std::string(*absl::StrSplit(text, '\n').begin());
}

absl::StatusCode CodeOfOperatorError(absl::string_view sentence) {
  const std::string lower = absl::AsciiStrToLower(sentence);
  for (const Pattern& pattern : kPatterns) {
    if (absl::StrContains(lower, pattern.text)) return pattern.code;
  }
  return absl::StatusCode::kInternal;
}

absl::Status TorchCall(absl::FunctionRef<void()> body) {
  try {
    body();
    return absl::OkStatus();
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("out of memory");
  } catch (const c10::OutOfMemoryError& e) {
    return ToStatus(absl::StatusCode::kResourceExhausted,
                    e.what_without_backtrace());
  } catch (const torch::jit::JITException& e) {
    // The model's own raise or assert.
    const std::string original = e.getOriginalMsg().value_or("");
    return ToStatus(absl::StatusCode::kInvalidArgument,
                    original.empty() ? e.what() : original);
  } catch (const torch::jit::ErrorReport& e) {
    return ToStatus(absl::StatusCode::kUnimplemented, e.what());
  } catch (const c10::NotImplementedError& e) {
    return FromOperatorError(e.what_without_backtrace());
  } catch (const c10::Error& e) {
    return FromOperatorError(e.what_without_backtrace());
  } catch (const std::exception& e) {
    return FromOperatorError(e.what());
  } catch (...) {
    return absl::InternalError("LibTorch threw an unknown exception");
  }
}

}  // namespace sconce
