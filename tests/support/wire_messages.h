// Builds gRPC byte buffers for tests of the wire.
#ifndef TESTS_SUPPORT_WIRE_MESSAGES_H_
#define TESTS_SUPPORT_WIRE_MESSAGES_H_

#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <algorithm>
#include <string>
#include <vector>

namespace sconce {

// `bytes` in slices of at most `slice_size` bytes, as a network delivers them.
inline grpc::ByteBuffer MakeBuffer(const std::string& bytes,
                                   size_t slice_size = SIZE_MAX) {
  std::vector<grpc::Slice> slices;
  for (size_t at = 0; at < bytes.size(); at += slices.back().size()) {
    slices.emplace_back(
        bytes.substr(at, std::min(slice_size, bytes.size() - at)));
  }
  return grpc::ByteBuffer(slices.data(), slices.size());
}

inline grpc::ByteBuffer MakeBuffer(const google::protobuf::MessageLite& message,
                                   size_t slice_size = SIZE_MAX) {
  return MakeBuffer(message.SerializeAsString(), slice_size);
}

// All bytes of `buffer`.
inline std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

}  // namespace sconce

#endif  // TESTS_SUPPORT_WIRE_MESSAGES_H_
