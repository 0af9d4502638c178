// MemoryPool: which bytes of one memory are promised to which servable.
#ifndef SERVER_CORE_MEMORY_POOL_H_
#define SERVER_CORE_MEMORY_POOL_H_

#include <cstdint>
#include <map>

namespace sconce {

// Book-keeping of one budget. Not thread-safe.
class MemoryPool {
 public:
  enum class Answer { kFits, kWait, kRefused };

  // In bytes; 0 is no limit.
  explicit MemoryPool(int64_t budget) : budget_(budget) {}

  // kFits: so many bytes are free. kWait: they will be, when loads that go on
  // have ended or what is on its way out is gone. kRefused: they are not beside
  // what is to stay.
  Answer Ask(int64_t bytes) const;

  // `now` bytes until Settle(), of which `stays` are to remain. In place of
  // what the holder had.
  void Set(int64_t holder, int64_t now, int64_t stays);

  // It is on its way out: its memory will come back.
  void MarkLeaving(int64_t holder);

  // Without effect for one that holds nothing.
  void Release(int64_t holder);

  int64_t budget() const { return budget_; }
  int64_t reserved() const { return reserved_; }
  int64_t staying() const { return staying_; }

 private:
  struct Holding {
    int64_t now = 0;    // bytes that are promised
    int64_t stays = 0;  // of these when the load, or the unload, is over
  };

  const int64_t budget_;
  int64_t reserved_ = 0;  // sum of `now`
  int64_t staying_ = 0;   // sum of `stays`
  std::map<int64_t, Holding> holdings_;
};

}  // namespace sconce

#endif  // SERVER_CORE_MEMORY_POOL_H_
