#include "server/runtime/archive/pickle_machine.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "server/runtime/archive/archive_kind.h"
#include "server/runtime/archive/little_endian.h"

namespace sconce {

absl::StatusOr<Pickle> PickleMachine::Run() {
  while (fault_.empty()) {
    if (++operations_ > Pickle::kMaxOperations) Fail("has too many operations");
    const absl::string_view byte = Take(1);
    if (byte.empty()) break;
    const auto code = static_cast<unsigned char>(byte[0]);
    if (code == '.') {
      const uint32_t root = Pop();
      if (fault_.empty()) return Pickle(std::move(values_), root, position_);
    } else if (!StepMemo(code) && !StepNumber(code) && !StepText(code) &&
               !StepContainer(code) && !StepConstant(code) &&
               !StepObject(code) && !StepStack(code)) {
      Fail("has an operation that torch does not write");
    }
  }
  return DamagedFile(
      absl::StrCat("a pickle ", fault_, " (at byte ", position_, ")"));
}

// Takes what is announced, so that nothing is allocated for what a pickle
// merely claims to hold.
absl::string_view PickleMachine::Take(uint64_t length) {
  if (length > bytes_.size() - position_) {
    Fail("is cut short");
    return {};
  }
  const absl::string_view taken = bytes_.substr(position_, length);
  position_ += length;
  return taken;
}

uint64_t PickleMachine::TakeNumber(size_t length) {
  const absl::string_view taken = Take(length);
  return taken.empty() ? 0 : LittleEndian(taken, 0, length);
}

absl::string_view PickleMachine::TakeLine() {
  const size_t end = bytes_.find('\n', position_);
  if (end == absl::string_view::npos) {
    Fail("is cut short");
    return {};
  }
  const absl::string_view line = Take(end - position_);
  ++position_;
  return line;
}

int64_t PickleMachine::TakeDecimal() {
  absl::string_view line = TakeLine();
  if (!line.empty() && line.back() == 'L') line.remove_suffix(1);
  int64_t number = 0;
  if (!absl::SimpleAtoi(line, &number)) Fail("has a number that is none");
  return number;
}

void PickleMachine::Fail(absl::string_view fault) {
  if (fault_.empty()) fault_ = fault;
}

void PickleMachine::Push(PickleValue value) {
  if (values_.size() >= max_values_) Fail("has too many values");
  stack_.push_back(static_cast<uint32_t>(values_.size()));
  values_.push_back(std::move(value));
}

void PickleMachine::PushInt(int64_t number) { Push({Kind::kInt, number}); }

// Little endian in two's complement; longer ones stand for themselves.
void PickleMachine::PushBig(uint64_t length) {
  const absl::string_view taken = Take(length);
  if (taken.size() > 8) return Push({Kind::kOther});
  if (taken.empty()) return PushInt(0);
  const size_t unused = 64 - 8 * taken.size();
  const uint64_t number = LittleEndian(taken, 0, taken.size()) << unused;
  PushInt(static_cast<int64_t>(number) >> unused);
}

void PickleMachine::PushText(Kind kind, absl::string_view text) {
  Push({kind, 0, text});
}

void PickleMachine::PushItems(Kind kind, Items items) {
  Push({kind, 0, {}, std::move(items)});
}

// Two lines, which are kept as one text with the line's end in it.
void PickleMachine::PushGlobal() {
  const size_t begin = position_;
  TakeLine();
  TakeLine();
  if (!fault_.empty()) return;
  PushText(Kind::kGlobal, bytes_.substr(begin, position_ - 1 - begin));
}

void PickleMachine::PushMade(Items made) {
  made.resize(PickleValue::kParts, 0);
  PushItems(Kind::kMade, std::move(made));
}

void PickleMachine::PushInstance(uint32_t function, const Items& arguments) {
  PushItems(Kind::kTuple, arguments);
  PushMade({function, Pop()});
}

uint32_t PickleMachine::Pop() {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) {
    Fail("takes more from its stack than there is");
    return 0;
  }
  const uint32_t top = stack_.back();
  stack_.pop_back();
  return top;
}

PickleMachine::Items PickleMachine::PopMany(size_t count) {
  Items taken(count);
  for (size_t i = count; i > 0; --i) taken[i - 1] = Pop();
  return taken;
}

// What was put on the stack since the last mark.
PickleMachine::Items PickleMachine::PopMark() {
  if (marks_.empty()) {
    Fail("has no mark where one is needed");
    return {};
  }
  const auto begin = stack_.begin() + static_cast<int64_t>(marks_.back());
  Items taken(begin, stack_.end());
  stack_.erase(begin, stack_.end());
  marks_.pop_back();
  return taken;
}

uint32_t PickleMachine::Top() {
  const uint32_t top = Pop();
  if (fault_.empty()) stack_.push_back(top);
  return top;
}

void PickleMachine::AddItems(Kind kind, const Items& items) {
  uint32_t target = Top();
  if (!fault_.empty()) return;
  if (kind == Kind::kDict && items.size() % 2 != 0) {
    return Fail("has a key without a value");
  }
  if (values_[target].kind == Kind::kMade) {
    // An instance of a class of its own: its contents are a value beside it.
    uint32_t& contents = values_[target].items[PickleValue::kContents];
    if (contents == 0) {
      contents = static_cast<uint32_t>(values_.size());
      target = contents;
      PushItems(kind, {});
      Pop();
    } else {
      target = contents;
    }
  }
  if (values_[target].kind != kind) return Fail("adds to what is no container");
  Items& kept = values_[target].items;
  kept.insert(kept.end(), items.begin(), items.end());
}

void PickleMachine::SetState(uint32_t state) {
  PickleValue& target = values_[Top()];
  if (target.kind == Kind::kMade) target.items[PickleValue::kState] = state;
}

void PickleMachine::Put(uint64_t index) {
  // LibTorch makes room for as many entries as the index says.
  if (index > operations_) return Fail("numbers its values wrongly");
  if (index >= memo_.size()) memo_.resize(index + 1);
  memo_[index] = Top();
}

void PickleMachine::Get(uint64_t index) {
  if (index >= memo_.size()) return Fail("refers to a value that it has not");
  stack_.push_back(memo_[index]);
}

}  // namespace sconce
