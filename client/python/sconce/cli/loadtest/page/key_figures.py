"""The figures that one looks for first."""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

from sconce.cli.loadtest.comparison import client_cpu_ms, server_cpu_ms
from sconce.cli.loadtest.figures import count, duration, rate, share
from sconce.cli.loadtest.page.html import Markup, element, table, text
from sconce.cli.loadtest.page.latency import lag_limit_ms
from sconce.cli.loadtest.run import Run

# What it is, its value, and a remark.
Figure = Tuple[str, str, str]

TOO_FEW = "too few"


def key_figures(runs: Sequence[Tuple[str, Run]]) -> Markup:
    """Tiles for one run, a column each for several."""
    if len(runs) == 1:
        run = runs[0][1]
        tiles = "".join(map(_tile, figures_of(run, run.send_lag is not None)))
        return element("dl", tiles, class_="tiles")
    with_lag = any(run.send_lag is not None for _, run in runs)
    columns = [figures_of(run, with_lag) for _, run in runs]
    rows = [(same[0][0], *(value for _, value, _ in same))
            for same in zip(*columns)]
    return table(("", *(name for name, _ in runs)), rows, "Key figures",
                 titled=False)


def figures_of(run: Run, with_lag: bool) -> List[Figure]:
    offered = run.requests["offered"]
    mean = f"{duration(run.latency.mean_ms)} on average"
    found = [
        ("Offered", rate(run.rates["offered"]), f"{count(offered)} requests"),
        ("OK answers that came", rate(run.rates["ok"]),
         share(run.requests["ok"], offered) + " of all due got one"),
        ("Good answers that came", rate(run.rates["good"]),
         share(run.requests["good"], offered) + " of all due got one"),
        ("Lost", count(run.requests["lost"]),
         "no connection, or too late"),
        ("Latency p50", percentile(run.latency.percentiles[50.0]), mean),
        ("Latency p99", percentile(run.latency.percentiles[99.0]),
         _needed(run)),
        ("Longest", duration(run.latency.max_ms), "of the OK answers"),
        ("Wrong answers", count(run.wrong) if run.checked else "unknown",
         f"of {count(run.checked)} checked"),
        ("Server CPU", _cpu(server_cpu_ms(run)), "per request"),
        ("Client CPU", _cpu(client_cpu_ms(run)), "per request"),
    ]
    if with_lag:
        limit = duration(lag_limit_ms([run]), shortly=True)
        found.append(("Send lag p99", _lag(run),
                      f"above {limit} a run is void"))
    return found


def _needed(run: Run) -> str:
    answers = f"of {count(run.latency.count)} answers"
    if run.latency.percentiles[99.0] is None:
        return f"{answers}, needs {count(10_000)}"
    return answers


def percentile(value: Optional[float]) -> str:
    return TOO_FEW if value is None else duration(value)


def _lag(run: Run) -> str:
    if run.send_lag is None:
        return "closed loop"
    return percentile(run.send_lag.percentiles[99.0])


def _cpu(value: Optional[float]) -> str:
    return "unknown" if value is None else duration(value)


def _tile(figure: Figure) -> Markup:
    name, value, remark = figure
    inside = (element("dt", text(name)) + element("dd", text(value))
              + element("dd", text(remark), class_="remark"))
    return element("div", inside)
