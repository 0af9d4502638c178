// TorchCall: the only way from LibTorch's exceptions to a status.
#ifndef SERVER_RUNTIME_TORCH_ERROR_H_
#define SERVER_RUNTIME_TORCH_ERROR_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace sconce {

// Runs `body` and turns whatever it throws into a status whose message is fit
// for a client: one line, no model source, no path, no C++ stack. The whole
// text goes to the log at debug level.
//
//   RESOURCE_EXHAUSTED  memory could not be had
//   INVALID_ARGUMENT    the model refused (raise, assert), or the inputs'
//                       shapes, types or indices do not fit an operator
//   UNIMPLEMENTED       an operator or a type LibTorch does not have
//   INTERNAL            anything else
absl::Status TorchCall(absl::FunctionRef<void()> body);

// The sentence of a LibTorch error text that says what went wrong: what
// follows the last "RuntimeError: " of a TorchScript traceback, else the
// first line.
std::string ErrorSentence(absl::string_view text);

// The code for an error inside an operator, read off its sentence, because
// the interpreter turns every operator's exception into std::runtime_error.
absl::StatusCode CodeOfOperatorError(absl::string_view sentence);

}  // namespace sconce

#endif  // SERVER_RUNTIME_TORCH_ERROR_H_
