"""Reads the tables that sync_counter.c writes."""

import struct
from collections import Counter
from collections.abc import Collection
from pathlib import Path

# As struct Row there: state, unused, count, group, call.
_ROW = struct.Struct("=IIQ32s32s")
_THERE = 2

# Not waiting: a copy of page-locked memory.
HARMLESS = ("cudaMemcpyAsync",)

Counts = Counter[tuple[str, str]]


def read(table: Path) -> Counts:
    """Calls so far by (group of threads, function)."""
    counts: Counts = Counter()
    for state, _, count, group, call in _ROW.iter_unpack(table.read_bytes()):
        if state == _THERE:
            counts[_text(group), _text(call)] += count
    return counts


def waiting(
    before: Counts, after: Counts, groups: Collection[str]
) -> Counts:
    """Calls by `groups` in between that wait for the device, or may."""
    return Counter(
        {
            key: after[key] - before[key]
            for key in after
            if key[0] in groups
            and key[1] not in HARMLESS
            and after[key] > before[key]
        }
    )


def copies(before: Counts, after: Counts, groups: Collection[str]) -> int:
    """That `groups` began in between: each batch has some."""
    return sum(after[group, call] - before[group, call]
               for group in groups for call in HARMLESS)


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode(errors="replace")
