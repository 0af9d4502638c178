// The server's own version.
#ifndef SERVER_VERSION_H_
#define SERVER_VERSION_H_

namespace sconce {

inline constexpr char kServerVersion[] = "0.1.0";

}  // namespace sconce

#endif  // SERVER_VERSION_H_
