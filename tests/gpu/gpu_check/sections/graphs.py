"""Latency of a launch-bound model with and without CUDA graphs."""

from gpu_check import load, names
from gpu_check.context import Check
from gpu_check.goals import BY_KEY, GRAPH_ROWS
from gpu_check.report import Report
from gpu_check.repository import Model, serve
from gpu_check.server import Server

SECTION = "graphs"


def run(check: Check, models: dict[str, Model], report: Report) -> None:
    known = check.has_setting(names.CUDA_GRAPHS)
    judged = known and not check.dry
    repository, model = check.work / SECTION, models["launch_bound"]
    served = {}
    for value in ("off", "on"):
        settings = {names.CUDA_GRAPHS: value} if judged else {}
        served[value] = serve(repository, model,
                              name=f"launch_bound_{value}",
                              parameters=settings)
    with Server(check, repository, list(served.values()),
                "--model-probe", "off") as server:
        for rows in GRAPH_ROWS:
            off, on = (_p50(check, server, name, rows)
                       for name in served.values())
            report.table(SECTION, [
                {"rows": rows, "off p50 ms": off, "on p50 ms": on,
                 "off / on": off / on}])
            key = f"graphs.b{rows}"
            if key in BY_KEY and judged:
                report.measured(key, off / on, f"{off:.3f} ms, {on:.3f} ms")
            elif key in BY_KEY:
                report.skipped(key, "no CUDA graphs without a GPU" if known
                               else f"the server has no {names.CUDA_GRAPHS}")


def _p50(check: Check, server: Server, name: str, rows: int) -> float:
    """Milliseconds, one request after the other."""
    done = load.closed(
        check, server, ["--model", name, "--batch", str(rows)],
        outstanding=1, seconds=check.amount(1.2, 0.3))
    if done.p50_ms is None:
        raise RuntimeError(f"{name}: no median of {dict(done.codes)}")
    return done.p50_ms
