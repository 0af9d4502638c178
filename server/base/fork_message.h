// ForkRequest and ForkAnswer: what a ForkServer and its process say to each
// other.
#ifndef SERVER_BASE_FORK_MESSAGE_H_
#define SERVER_BASE_FORK_MESSAGE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "server/base/file_descriptor.h"

namespace sconce {

// Each request brings a socket of its own for the answer, so that several
// threads can ask at the same time and nobody has to tell answers apart.
struct ForkRequest {
  FileDescriptor arguments;  // a file; see ReadArguments()
  FileDescriptor report;     // the child's kReportDescriptor
  // The answer is written there. Its other end is shut down when the child is
  // to be killed.
  FileDescriptor control;
};

struct ForkAnswer {
  int error = 0;        // errno, when no child could be made
  int wait_status = 0;  // else what waitpid() said at its end
};

// `socket` keeps the borders of messages (SOCK_SEQPACKET). An error when its
// other end is closed.
absl::Status SendForkRequest(int socket, const ForkRequest& request);

// Blocks. Nothing when the other end is closed.
std::optional<ForkRequest> ReceiveForkRequest(int socket);

// A file in memory, because a message of a socket has a limit.
absl::StatusOr<FileDescriptor> WriteArguments(
    const std::vector<std::string>& arguments);
std::vector<std::string> ReadArguments(const FileDescriptor& file);

}  // namespace sconce

#endif  // SERVER_BASE_FORK_MESSAGE_H_
