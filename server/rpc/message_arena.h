// MessageArena: where the messages of one call live.
#ifndef SERVER_RPC_MESSAGE_ARENA_H_
#define SERVER_RPC_MESSAGE_ARENA_H_

#include <google/protobuf/arena.h>

#include <cstddef>

namespace sconce {

// A protobuf arena whose first block is part of the object: the head of an
// ordinary request needs no memory of its own. One thread at a time.
class MessageArena {
 public:
  MessageArena() = default;
  MessageArena(const MessageArena&) = delete;
  MessageArena& operator=(const MessageArena&) = delete;

  // Belongs to the arena and dies with it.
  template <typename Message>
  Message* New() {
    return google::protobuf::Arena::CreateMessage<Message>(&arena_);
  }

 private:
  alignas(std::max_align_t) char block_[1024];
  google::protobuf::Arena arena_{block_, sizeof block_};
};

}  // namespace sconce

#endif  // SERVER_RPC_MESSAGE_ARENA_H_
