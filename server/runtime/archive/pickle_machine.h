// PickleMachine: the stack and the memo of one pickle that is being read.
#ifndef SERVER_RUNTIME_ARCHIVE_PICKLE_MACHINE_H_
#define SERVER_RUNTIME_ARCHIVE_PICKLE_MACHINE_H_

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "server/runtime/archive/pickle.h"

namespace sconce {

// Used once: construct, Run. An operation that is not allowed sets `fault_`,
// after which nothing more is read; until then its effect is harmless.
class PickleMachine {
 public:
  PickleMachine(absl::string_view bytes, size_t max_values)
      : bytes_(bytes), max_values_(max_values) {}

  // The pickle up to its STOP.
  absl::StatusOr<Pickle> Run();

 private:
  using Kind = PickleValue::Kind;
  using Items = std::vector<uint32_t>;

  // Each takes the operations of its group; false for those of others.
  bool StepConstant(unsigned char code);
  bool StepNumber(unsigned char code);
  bool StepText(unsigned char code);
  bool StepContainer(unsigned char code);
  bool StepObject(unsigned char code);
  bool StepStack(unsigned char code);
  bool StepMemo(unsigned char code);

  // The argument of an operation: bytes, a number, a line of text.
  absl::string_view Take(uint64_t length);
  uint64_t TakeNumber(size_t length);
  absl::string_view TakeLine();
  int64_t TakeDecimal();

  void Fail(absl::string_view fault);
  void Push(PickleValue value);
  void PushInt(int64_t number);
  void PushBig(uint64_t length);
  void PushText(Kind kind, absl::string_view text);
  void PushItems(Kind kind, Items items);
  void PushGlobal();
  void PushMade(Items made);
  void PushInstance(uint32_t function, const Items& arguments);
  uint32_t Pop();
  Items PopMany(size_t count);
  Items PopMark();
  uint32_t Top();
  // Adds to the container on top of the stack what belongs into it.
  void AddItems(Kind kind, const Items& items);
  void SetState(uint32_t state);
  void Put(uint64_t index);
  void Get(uint64_t index);

  const absl::string_view bytes_;
  const size_t max_values_;
  size_t position_ = 0;
  size_t operations_ = 0;
  absl::string_view fault_;
  std::vector<PickleValue> values_ = std::vector<PickleValue>(1);  // 0: none
  Items stack_;
  std::vector<size_t> marks_;  // where on the stack
  Items memo_;
};

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_PICKLE_MACHINE_H_
