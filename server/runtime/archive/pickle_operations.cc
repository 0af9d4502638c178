// The operations of PickleMachine, by group. Their codes are those of Python's
// pickletools.
#include "server/runtime/archive/pickle_machine.h"

namespace sconce {

bool PickleMachine::StepConstant(unsigned char code) {
  switch (code) {
    case 0x80:  // PROTO
      Take(1);
      return true;
    case 0x95:  // FRAME
      Take(8);
      return true;
    case 'N':
      stack_.push_back(0);
      return true;
    case 0x88:  // NEWTRUE
      Push({Kind::kBool, 1});
      return true;
    case 0x89:  // NEWFALSE
      Push({Kind::kBool, 0});
      return true;
    default:
      return false;
  }
}

bool PickleMachine::StepNumber(unsigned char code) {
  switch (code) {
    case 'J':  // BININT
      PushInt(static_cast<int32_t>(TakeNumber(4)));
      return true;
    case 'K':  // BININT1
      PushInt(static_cast<int64_t>(TakeNumber(1)));
      return true;
    case 'M':  // BININT2
      PushInt(static_cast<int64_t>(TakeNumber(2)));
      return true;
    case 0x8a:  // LONG1
      PushBig(TakeNumber(1));
      return true;
    case 0x8b:  // LONG4
      PushBig(TakeNumber(4));
      return true;
    case 'I':
    case 'L':
      PushInt(TakeDecimal());
      return true;
    case 'G':  // BINFLOAT
      Take(8);
      Push({Kind::kOther});
      return true;
    case 'F':
      TakeLine();
      Push({Kind::kOther});
      return true;
    default:
      return false;
  }
}

bool PickleMachine::StepText(unsigned char code) {
  switch (code) {
    case 'S':
    case 'V':  // UNICODE
      PushText(Kind::kText, TakeLine());
      return true;
    case 'U':   // SHORT_BINSTRING
    case 'C':   // SHORT_BINBYTES
    case 0x8c:  // SHORT_BINUNICODE
      PushText(Kind::kText, Take(TakeNumber(1)));
      return true;
    case 'T':  // BINSTRING
    case 'B':  // BINBYTES
    case 'X':  // BINUNICODE
      PushText(Kind::kText, Take(TakeNumber(4)));
      return true;
    case 0x8d:  // BINUNICODE8
    case 0x8e:  // BINBYTES8
    case 0x96:  // BYTEARRAY8
      PushText(Kind::kText, Take(TakeNumber(8)));
      return true;
    default:
      return false;
  }
}

bool PickleMachine::StepContainer(unsigned char code) {
  switch (code) {
    case ')':  // EMPTY_TUPLE
      PushItems(Kind::kTuple, {});
      return true;
    case 0x85:  // TUPLE1, TUPLE2, TUPLE3
    case 0x86:
    case 0x87:
      PushItems(Kind::kTuple, PopMany(code - 0x84u));
      return true;
    case 't':
      PushItems(Kind::kTuple, PopMark());
      return true;
    case ']':   // EMPTY_LIST
    case 0x8f:  // EMPTY_SET
      PushItems(Kind::kList, {});
      return true;
    case 'l':
    case 0x91:  // FROZENSET
      PushItems(Kind::kList, PopMark());
      return true;
    case '}':  // EMPTY_DICT
      PushItems(Kind::kDict, {});
      return true;
    case 'd':
      PushItems(Kind::kDict, PopMark());
      return true;
    case 'a':  // APPEND
      AddItems(Kind::kList, PopMany(1));
      return true;
    case 'e':   // APPENDS
    case 0x90:  // ADDITEMS
      AddItems(Kind::kList, PopMark());
      return true;
    case 's':  // SETITEM
      AddItems(Kind::kDict, PopMany(2));
      return true;
    case 'u':  // SETITEMS
      AddItems(Kind::kDict, PopMark());
      return true;
    default:
      return false;
  }
}

bool PickleMachine::StepObject(unsigned char code) {
  switch (code) {
    case 'c':
      PushGlobal();
      return true;
    case 0x93:  // STACK_GLOBAL; the name alone says what is looked for
      PushText(Kind::kGlobal, values_[PopMany(2)[1]].text);
      return true;
    case 'R':   // REDUCE
    case 0x81:  // NEWOBJ
      PushMade(PopMany(2));
      return true;
    case 0x92: {  // NEWOBJ_EX
      Items made = PopMany(3);
      made.pop_back();
      PushMade(std::move(made));
      return true;
    }
    case 'i': {  // INST
      PushGlobal();
      const uint32_t function = fault_.empty() ? Pop() : 0;
      PushInstance(function, PopMark());
      return true;
    }
    case 'o': {  // OBJ
      const Items items = PopMark();
      if (items.empty()) {
        Fail("makes an object of no class");
      } else {
        PushInstance(items[0], Items(items.begin() + 1, items.end()));
      }
      return true;
    }
    case 'b':  // BUILD
      SetState(Pop());
      return true;
    case 'P':  // PERSID
      PushText(Kind::kText, TakeLine());
      PushItems(Kind::kReference, PopMany(1));
      return true;
    case 'Q':  // BINPERSID
      PushItems(Kind::kReference, PopMany(1));
      return true;
    default:
      return false;
  }
}

bool PickleMachine::StepStack(unsigned char code) {
  switch (code) {
    case '(':
      marks_.push_back(stack_.size());
      return true;
    case '0':  // POP; takes the mark itself where nothing lies on it
      if (!marks_.empty() && marks_.back() == stack_.size()) {
        marks_.pop_back();
      } else {
        Pop();
      }
      return true;
    case '1':  // POP_MARK
      PopMark();
      return true;
    case '2':  // DUP
      stack_.push_back(Top());
      return true;
    default:
      return false;
  }
}

bool PickleMachine::StepMemo(unsigned char code) {
  switch (code) {
    case 'q':  // BINPUT
      Put(TakeNumber(1));
      return true;
    case 'r':  // LONG_BINPUT
      Put(TakeNumber(4));
      return true;
    case 'p':
      Put(static_cast<uint64_t>(TakeDecimal()));
      return true;
    case 0x94:  // MEMOIZE
      Put(memo_.size());
      return true;
    case 'h':  // BINGET
      Get(TakeNumber(1));
      return true;
    case 'j':  // LONG_BINGET
      Get(TakeNumber(4));
      return true;
    case 'g':
      Get(static_cast<uint64_t>(TakeDecimal()));
      return true;
    default:
      return false;
  }
}

}  // namespace sconce
