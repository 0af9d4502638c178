"""One run of a load test, as client/loadtest/doc/report.md tells it.

Times are milliseconds where a name ends in `_ms` and seconds where it ends in
`_s`; rates are per second. What could not be measured is None. Everything is
immutable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple

from sconce.cli.loadtest.json_fields import Fields, Malformed

# Upper bound in ms and number of values, in the order of the bounds.
Buckets = Tuple[Tuple[float, int], ...]

PERCENTILES = {50.0: "p50_ms", 90.0: "p90_ms", 99.0: "p99_ms",
               99.9: "p99_9_ms"}


@dataclass(frozen=True)
class Distribution:
    """Of times. A percentile with fewer than 100 values above it is None."""

    count: int
    mean_ms: Optional[float]
    max_ms: Optional[float]
    percentiles: Dict[float, Optional[float]]
    buckets: Buckets


@dataclass(frozen=True)
class Part:
    """Of the mix: `payloads` messages of `bytes` on average take turns, the
    first of which is what `payload` says."""

    name: str
    weight: float
    payloads: int
    payload: str
    bytes: float


@dataclass(frozen=True)
class Setup:
    """`rate` is the constant one that was asked for, None where there is
    none."""

    target: str
    mode: str
    arrivals: str
    rate: Optional[float]
    outstanding: Optional[int]
    max_outstanding: Optional[int]
    timeout_s: float
    check_every: int
    slo_ms: Optional[float]
    slo_percentile: float
    seed: int
    connections: int
    warmup_s: float
    mix: Tuple[Part, ...]


@dataclass(frozen=True)
class Bin:
    """What was due, and what became of it, in one stretch of the window."""

    start_s: float
    due: int
    ok: int
    rejected: int
    failed: int
    p50_ms: Optional[float]
    p99_ms: Optional[float]
    max_ms: Optional[float]


@dataclass(frozen=True)
class Block:
    """One of at most 32 equal stretches, with its latencies of OK answers."""

    start_s: float
    length_s: float
    ok: int
    good: int
    buckets: Buckets


@dataclass(frozen=True)
class Entry:
    """What one part of the mix met."""

    name: str
    weight: float
    codes: Dict[str, int]
    good: int
    checked: int
    wrong: int
    latency: Distribution


@dataclass(frozen=True)
class Counters:
    """What the server counted of itself, in seconds and requests."""

    cpu_s: Optional[float]
    queue_s: Optional[float]
    compute_s: Optional[float]
    requests: Optional[float]


@dataclass(frozen=True)
class Run:
    setup: Setup
    version: str
    started: str
    window_s: float
    interrupted: bool
    void: Tuple[str, ...]
    notes: Tuple[str, ...]
    rates: Dict[str, float]  # of answers: that came within the window
    requests: Dict[str, int]  # that were due in it, whenever answered
    codes: Dict[str, int]
    errors: Dict[str, str]  # by code: the text of the first one
    latency: Distribution
    rejection_latency: Distribution
    send_lag: Optional[Distribution]
    slo_met: Optional[bool]
    checked: int
    wrong: int
    faults: Tuple[str, ...]
    queue: Optional[Distribution]
    compute: Optional[Distribution]
    counters: Optional[Counters]
    client_cpu_s: Optional[float]
    bin_s: float
    bins: Tuple[Bin, ...]
    blocks: Tuple[Block, ...]
    mix: Tuple[Entry, ...]


def read_run(fields: Fields) -> Run:
    """Raises Malformed."""
    answers, series = fields.fields("answers"), fields.fields("series")
    return Run(
        setup=_setup(fields.fields("setup")),
        version=fields.text("version"),
        started=fields.text("started"),
        window_s=_window(fields),
        interrupted=fields.flag("interrupted"),
        void=fields.texts("void"),
        notes=fields.texts("notes"),
        rates=_rates(fields.fields("rates")),
        requests=_requests(fields.fields("requests")),
        codes=_counts(fields.fields("codes")),
        errors=_texts(fields.fields("errors")),
        latency=_distribution(fields.fields("latency")),
        rejection_latency=_distribution(fields.fields("rejection_latency")),
        send_lag=_maybe(fields, "send_lag"),
        slo_met=fields.optional_flag("slo_met"),
        checked=answers.count("checked"),
        wrong=answers.count("wrong"),
        faults=answers.texts("faults"),
        **_server(fields.maybe_fields("server")),
        client_cpu_s=_client_cpu(fields.maybe_fields("client")),
        bin_s=series.positive("bin_s"),
        bins=tuple(map(_bin, series.each("bins"))),
        blocks=tuple(map(_block, fields.each("blocks"))),
        mix=tuple(map(_entry, fields.each("mix"))),
    )


def _setup(fields: Fields) -> Setup:
    return Setup(
        target=fields.text("target"),
        mode=fields.text("mode"),
        arrivals=fields.text("arrivals") if fields.has("arrivals") else "",
        rate=fields.optional_amount("rate"),
        outstanding=fields.optional_count("outstanding"),
        max_outstanding=fields.optional_count("max_outstanding"),
        timeout_s=fields.amount("timeout_s"),
        check_every=fields.count("check_every"),
        slo_ms=fields.optional_positive("slo_ms"),
        slo_percentile=(fields.positive("slo_percentile")
                        if fields.has("slo_percentile") else 99.0),
        seed=fields.count("seed"),
        connections=fields.count("connections"),
        warmup_s=fields.amount("warmup_s"),
        mix=tuple(map(_part, fields.each("mix"))),
    )


def _part(fields: Fields) -> Part:
    return Part(
        name=fields.text("name"),
        weight=fields.amount("weight"),
        payloads=fields.count("payloads"),
        payload=fields.text("payload"),
        bytes=fields.amount("bytes"),
    )


def _window(fields: Fields) -> float:
    """0 is that of a load which was interrupted before it began."""
    if fields.flag("interrupted"):
        return fields.amount("window_s")
    return fields.positive("window_s")


def _rates(fields: Fields) -> Dict[str, float]:
    return {name: fields.amount(name)
            for name in ("offered", "sent", "answered", "ok", "good")}


def _requests(fields: Fields) -> Dict[str, int]:
    names = ("offered", "sent", "unsent", "lost", "answered", "ok", "good")
    return {name: fields.count(name) for name in names}


def _counts(fields: Fields) -> Dict[str, int]:
    return {name: fields.count(name) for name in fields.names()}


def _texts(fields: Fields) -> Dict[str, str]:
    return {name: fields.text(name) for name in fields.names()}


def _distribution(fields: Fields) -> Distribution:
    return Distribution(
        count=fields.count("count"),
        mean_ms=fields.optional_amount("mean_ms"),
        max_ms=fields.optional_amount("max_ms"),
        percentiles={percentile: fields.optional_amount(name)
                     for percentile, name in PERCENTILES.items()},
        buckets=_buckets(fields),
    )


def _maybe(fields: Fields, name: str) -> Optional[Distribution]:
    found = fields.maybe_fields(name)
    return _distribution(found) if found else None


def _buckets(fields: Fields) -> Buckets:
    found: List[Tuple[float, int]] = []
    for index, pair in enumerate(fields.items("buckets")):
        if not isinstance(pair, list) or len(pair) != 2:
            raise Malformed(f"buckets[{index}] is no pair of bound and count")
        numbers = Fields({"bound": pair[0], "count": pair[1]},
                         f"buckets[{index}]")
        found.append((numbers.amount("bound"), numbers.count("count")))
        if not found[-1][1]:
            raise Malformed(f"buckets[{index}] has no values")
    bounds = [bound for bound, _ in found]
    if bounds != sorted(bounds):
        raise Malformed("the bounds of buckets are not in order")
    return tuple(found)


def _server(fields: Optional[Fields]) -> Dict[str, Any]:
    if fields is None:
        return {"queue": None, "compute": None, "counters": None}
    counters = fields.maybe_fields("metrics")
    return {
        "queue": _maybe(fields, "queue"),
        "compute": _maybe(fields, "compute"),
        "counters": _counters(counters) if counters else None,
    }


def _counters(fields: Fields) -> Counters:
    names = ("cpu_s", "queue_s", "compute_s", "requests")
    return Counters(*(fields.optional_amount(name) for name in names))


def _client_cpu(fields: Optional[Fields]) -> Optional[float]:
    return fields.optional_amount("cpu_s") if fields else None


def _bin(fields: Fields) -> Bin:
    return Bin(
        fields.amount("start_s"),
        *(fields.count(name) for name in ("due", "ok", "rejected", "failed")),
        *(fields.optional_amount(name)
          for name in ("p50_ms", "p99_ms", "max_ms")),
    )


def _block(fields: Fields) -> Block:
    return Block(
        fields.amount("start_s"), fields.positive("length_s"),
        fields.count("ok"), fields.count("good"), _buckets(fields),
    )


def _entry(fields: Fields) -> Entry:
    return Entry(
        name=fields.text("name"),
        weight=fields.amount("weight"),
        codes=_counts(fields.fields("codes")),
        good=fields.count("good"),
        checked=fields.count("checked"),
        wrong=fields.count("wrong"),
        latency=_distribution(fields.fields("latency")),
    )
