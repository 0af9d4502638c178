// RETURN_IF_ERROR and ASSIGN_OR_RETURN: the only two flow macros.
#ifndef SERVER_BASE_STATUS_MACROS_H_
#define SERVER_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the enclosing function when `expr` is not OK:
//   RETURN_IF_ERROR(CheckShape(input));
#define RETURN_IF_ERROR(expr)                      \
  do {                                             \
    if (absl::Status status_macro_result = (expr); \
        !status_macro_result.ok()) {               \
      return status_macro_result;                  \
    }                                              \
  } while (false)

#define SCONCE_STATUS_CONCAT_INNER(a, b) a##b
#define SCONCE_STATUS_CONCAT(a, b) SCONCE_STATUS_CONCAT_INNER(a, b)

// Moves the value of a StatusOr into `lhs`, or returns its status:
//   ASSIGN_OR_RETURN(const Shape shape, ParseShape(text));
#define ASSIGN_OR_RETURN(lhs, expr)                                            \
  SCONCE_ASSIGN_OR_RETURN(SCONCE_STATUS_CONCAT(status_macro_value_, __LINE__), \
                          lhs, expr)
#define SCONCE_ASSIGN_OR_RETURN(result, lhs, expr) \
  auto result = (expr);                            \
  if (!result.ok()) return result.status();        \
  lhs = *std::move(result)

#endif  // SERVER_BASE_STATUS_MACROS_H_
