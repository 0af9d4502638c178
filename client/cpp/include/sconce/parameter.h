// ParameterValue: a named value beside the tensors of a request or an answer.
#ifndef CLIENT_CPP_INCLUDE_SCONCE_PARAMETER_H_
#define CLIENT_CPP_INCLUDE_SCONCE_PARAMETER_H_

#include <cstdint>
#include <string>
#include <variant>

namespace sconce {
inline namespace client {

using ParameterValue =
    std::variant<bool, int64_t, uint64_t, double, std::string>;

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_INCLUDE_SCONCE_PARAMETER_H_
