"""Reads a pickle operation by operation and runs none of it.

The standard unpickler imports what a pickle names and calls it. This one keeps
a stack of descriptions; a hostile pickle costs a bounded number of steps.
"""

import io
import pickletools
from collections.abc import Callable
from typing import Any

from sconce.check.errors import DamagedError
from sconce.check.pickle_values import Global, Made, Reference, Table

MAX_BYTES = 64 << 20  # of one pickle; tensors are not in it
MAX_OPERATIONS = 2_000_000  # some 45 for a tensor

CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
EMPTY: dict[str, Callable[[], Any]] = {
    "EMPTY_LIST": list,
    "EMPTY_SET": list,
    "EMPTY_DICT": Table,
    "EMPTY_TUPLE": tuple,
}
LITERALS = frozenset(
    "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING "
    "BINSTRING SHORT_BINSTRING UNICODE BINUNICODE SHORT_BINUNICODE "
    "BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8".split()
)
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
IGNORED = frozenset(("PROTO", "FRAME", "READONLY_BUFFER"))


def read_pickle(stream: io.BytesIO) -> Any:
    """The value of the pickle that begins at the stream's position, which is
    then behind it.

    Raises DamagedError for what is no pickle, is cut short, or takes more
    than MAX_OPERATIONS.
    """
    machine = _Machine()
    try:
        for count, (code, argument, _) in enumerate(
            pickletools.genops(stream)
        ):
            if count >= MAX_OPERATIONS:
                raise DamagedError(f"more than {MAX_OPERATIONS} operations")
            machine.step(code.name, argument)
        return machine.stack[-1]
    except DamagedError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError,
            MemoryError) as error:
        reason = str(error).splitlines()[0] if str(error) else "cut short"
        raise DamagedError(f"the pickle is malformed: {reason}") from None


class _Machine:
    """The stack and the memo of one pickle."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        """One operation. Raises LookupError where the stack is too short."""
        if name in LITERALS:
            self.push(argument)
        elif name in CONSTANTS:
            self.push(CONSTANTS[name])
        elif name in EMPTY:
            self.push(EMPTY[name]())
        elif name in TUPLES:
            self.push(tuple(self.pop_many(TUPLES[name])))
        elif name in OPERATIONS:
            OPERATIONS[name](self, argument)
        elif name not in IGNORED and name != "STOP":
            raise DamagedError(f"the pickle has the operation {name}")

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop_many(self, count: int) -> list[Any]:
        if count > len(self.stack):
            raise LookupError("the stack is too short")
        taken = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return taken

    def pop_mark(self) -> list[Any]:
        """What was put on the stack since the last mark."""
        taken, self.stack = self.stack, self.below.pop()
        return taken

    def mark(self) -> None:
        self.below.append(self.stack)
        self.stack = []

    def pop(self) -> None:
        """The mark itself, where nothing lies on it."""
        if self.stack:
            self.stack.pop()
        else:
            self.pop_mark()

    def put(self, index: int) -> None:
        self.memo[index] = self.stack[-1]

    def make(self, count: int = 2) -> None:
        """A call: the function and its arguments are replaced by one."""
        function, arguments, *_ = self.pop_many(count)
        self.push(Made(function, arguments))

    def make_from_mark(self, function: Any = None) -> None:
        arguments = self.pop_mark()
        if function is None:
            function = arguments.pop(0)
        self.push(Made(function, tuple(arguments)))

    def build(self) -> None:
        (state,) = self.pop_many(1)
        if isinstance(self.stack[-1], Made):
            self.stack[-1].state = state

    def add_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        kept = target if isinstance(target, list) else target.items
        kept.extend(items)

    def add_pairs(self, flat: list[Any]) -> None:
        if len(flat) % 2:
            raise LookupError("a key without a value")
        self.stack[-1].pairs.extend(zip(flat[::2], flat[1::2]))

    def name_global(self) -> None:
        module, name = self.pop_many(2)
        self.push(named(f"{module} {name}"))

    def refer(self, pid: Any) -> None:
        self.push(Reference(pid))

    def make_table(self) -> None:
        flat = self.pop_mark()
        self.push(Table())
        self.add_pairs(flat)


def named(text: str) -> Global:
    """From the form `module name`."""
    module, _, name = text.partition(" ")
    return Global(module, name)


OPERATIONS: dict[str, Callable[[_Machine, Any], None]] = {
    "MARK": lambda m, _: m.mark(),
    "POP": lambda m, _: m.pop(),
    "POP_MARK": lambda m, _: void(m.pop_mark()),
    "DUP": lambda m, _: m.push(m.stack[-1]),
    "LIST": lambda m, _: m.push(m.pop_mark()),
    "TUPLE": lambda m, _: m.push(tuple(m.pop_mark())),
    "FROZENSET": lambda m, _: m.push(m.pop_mark()),
    "DICT": lambda m, _: m.make_table(),
    "APPEND": lambda m, _: m.add_items(m.pop_many(1)),
    "APPENDS": lambda m, _: m.add_items(m.pop_mark()),
    "ADDITEMS": lambda m, _: m.add_items(m.pop_mark()),
    "SETITEM": lambda m, _: m.add_pairs(m.pop_many(2)),
    "SETITEMS": lambda m, _: m.add_pairs(m.pop_mark()),
    "PUT": lambda m, index: m.put(index),
    "BINPUT": lambda m, index: m.put(index),
    "LONG_BINPUT": lambda m, index: m.put(index),
    "MEMOIZE": lambda m, _: m.put(len(m.memo)),
    "GET": lambda m, index: m.push(m.memo[index]),
    "BINGET": lambda m, index: m.push(m.memo[index]),
    "LONG_BINGET": lambda m, index: m.push(m.memo[index]),
    "GLOBAL": lambda m, text: m.push(named(text)),
    "STACK_GLOBAL": lambda m, _: m.name_global(),
    "REDUCE": lambda m, _: m.make(),
    "NEWOBJ": lambda m, _: m.make(),
    "NEWOBJ_EX": lambda m, _: m.make(3),
    "INST": lambda m, text: m.make_from_mark(named(text)),
    "OBJ": lambda m, _: m.make_from_mark(),
    "BUILD": lambda m, _: m.build(),
    "PERSID": lambda m, text: m.refer(text),
    "BINPERSID": lambda m, _: m.refer(m.pop_many(1)[0]),
    "NEXT_BUFFER": lambda m, _: m.push(b""),
}


def void(_: object) -> None:
    """For an operation whose result nobody wants."""
