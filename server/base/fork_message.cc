#include "server/base/fork_message.h"

#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace sconce {
namespace {

constexpr int kDescriptors = 3;

// One byte, for a message has to have some, with descriptors beside it. msghdr
// points into it.
class Message {
 public:
  Message() {
    header_.msg_iov = &bytes_;
    header_.msg_iovlen = 1;
    header_.msg_control = control_;
    header_.msg_controllen = sizeof control_;
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  msghdr* header() { return &header_; }

  void Put(const int (&descriptors)[kDescriptors]) {
    cmsghdr* const part = CMSG_FIRSTHDR(&header_);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof descriptors);
    std::memcpy(CMSG_DATA(part), descriptors, sizeof descriptors);
  }

  // False when there are not as many.
  bool Get(int (&descriptors)[kDescriptors]) {
    const cmsghdr* const part = CMSG_FIRSTHDR(&header_);
    if (part == nullptr || part->cmsg_type != SCM_RIGHTS ||
        part->cmsg_len != CMSG_LEN(sizeof descriptors)) {
      return false;
    }
    std::memcpy(descriptors, CMSG_DATA(part), sizeof descriptors);
    return true;
  }

 private:
  char byte_ = 0;
  iovec bytes_ = {&byte_, sizeof byte_};
  alignas(cmsghdr) char control_[CMSG_SPACE(kDescriptors * sizeof(int))] = {};
  msghdr header_ = {};
};

bool WriteAll(int descriptor, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = write(descriptor, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
  return true;
}

std::string ReadFromStart(int descriptor) {
  std::string text;
  char buffer[4096];
  ssize_t got = 0;
  while ((got = pread(descriptor, buffer, sizeof buffer,
                      static_cast<off_t>(text.size()))) > 0) {
    text.append(buffer, static_cast<size_t>(got));
  }
  return text;
}

}  // namespace

absl::Status SendForkRequest(int socket, const ForkRequest& request) {
  Message message;
  message.Put(
      {request.arguments.get(), request.report.get(), request.control.get()});
  ssize_t sent = -1;
  do {
    sent = sendmsg(socket, message.header(), MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent > 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, "the fork server cannot be reached");
}

std::optional<ForkRequest> ReceiveForkRequest(int socket) {
  Message message;
  ssize_t got = -1;
  do {
    got = recvmsg(socket, message.header(), MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  int received[kDescriptors];
  if (got <= 0 || !message.Get(received)) return std::nullopt;
  return ForkRequest{FileDescriptor(received[0]), FileDescriptor(received[1]),
                     FileDescriptor(received[2])};
}

absl::StatusOr<FileDescriptor> WriteArguments(
    const std::vector<std::string>& arguments) {
  FileDescriptor file(memfd_create("arguments", MFD_CLOEXEC));
  std::string text;
  for (const std::string& argument : arguments) {
    text.append(argument.c_str(), argument.size() + 1);
  }
  if (file.is_open() && WriteAll(file.get(), text)) return file;
  return absl::ErrnoToStatus(errno, "no memory for a child's arguments");
}

std::vector<std::string> ReadArguments(const FileDescriptor& file) {
  std::vector<std::string> arguments =
      absl::StrSplit(ReadFromStart(file.get()), '\0');
  arguments.pop_back();  // each ends with a zero
  return arguments;
}

}  // namespace sconce
