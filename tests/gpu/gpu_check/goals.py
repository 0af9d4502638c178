"""The figures to reach (issue 9), and the verdict on what was measured."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from gpu_check import names


class Verdict(StrEnum):
    MET = "met"
    MISSED = "missed"
    WRONG = "wrong"
    SKIPPED = "SKIPPED"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True)
class Goal:
    """`speed` says nothing when a CPU stands in for the GPU."""

    key: str
    section: str
    what: str
    relation: Literal[">=", "<=", "=="]
    bound: float
    unit: str = ""
    speed: bool = False

    def is_met(self, value: float) -> bool:
        if self.relation == ">=":
            return value >= self.bound
        if self.relation == "<=":
            return value <= self.bound
        return value == self.bound

    def text(self) -> str:
        return f"{self.relation} {self.bound:g} {self.unit}".strip()


SERVED = ("resnet50", "resnet50_fp16", "resnet50_uint8",
          "resnet50_uint8_fp16", "bert_base", "bert_base_fp16", "mlp")
GRAPH_ROWS = (1, 2, 4, 8)
LONGEST_GRAPH_ROWS = 4

GOALS = (
    Goal("correctness.own", "correctness",
         "own models whose answers differ from the CPU's", "==", 0, "models"),
    Goal("correctness.zoo", "correctness",
         "zoo models whose answers differ from eager PyTorch's", "==", 0,
         "models"),
    Goal("correctness.precision", "correctness",
         "precision settings with answers out of tolerance", "==", 0,
         "settings"),
    Goal("syncs.lanes", "syncs",
         "calls on lanes that wait for the device, in steady state", "==", 0,
         "calls"),
    *(Goal(f"saturation.{name}", "saturation",
           f"{name}: rows a second, as a share of the raw loop's R_io", ">=",
           0.95, speed=True) for name in SERVED),
    Goal("saturation.execution", "saturation",
         "execution as a share of the wall, at saturation", ">=", 0.95,
         speed=True),
    *(Goal(f"graphs.b{rows}", "graphs",
           f"p50 without CUDA graphs over p50 with them, {rows} rows", ">=",
           1.5, "times", speed=True)
      for rows in GRAPH_ROWS if rows <= LONGEST_GRAPH_ROWS),
    Goal("reload.cycles", "reload", "reloads that failed", "==", 0, "reloads"),
    Goal("reload.answers", "reload", "answers before and after not right",
         "==", 0, "answers"),
    Goal("reload.memory", "reload",
         "device memory after the reloads, off from before", "<=", 1, "%"),
    Goal("reload.first", "reload",
         "worst of the first requests after a load over later ones' median",
         "<=", 3, "times", speed=True),
    Goal("oom.refused", "oom",
         "too large requests answered other than RESOURCE_EXHAUSTED", "==", 0,
         "requests"),
    Goal("oom.others", "oom",
         "requests beside them that failed or were answered wrong", "==", 0,
         "requests"),
    Goal("sticky.health", "sticky",
         "seconds until not ready, after the device failed", "<=", 5, "s"),
    Goal("sticky.answers", "sticky",
         "requests in flight not answered by INTERNAL naming the device, "
         "nor cut off by the end", "==", 0, "requests"),
    Goal("sticky.exit", "sticky", "exit code after the device failed", "==",
         names.DEVICE_FAILED_EXIT_CODE),
    Goal("sanitizer.stress", "sanitizer",
         "answers wrong or missing beside clients that break off", "==", 0,
         "answers"),
    Goal("sanitizer.eager", "sanitizer",
         "errors that memcheck finds, each free a real one", "==", 0,
         "errors"),
    Goal("sanitizer.eager_answers", "sanitizer",
         "answers wrong or missing under it", "==", 0, "answers"),
    Goal("sanitizer.graphs", "sanitizer",
         "errors that memcheck finds with CUDA graphs", "==", 0, "errors"),
    Goal("sanitizer.graphs_answers", "sanitizer",
         "answers wrong or missing under it", "==", 0, "answers"),
    Goal("queues.identity", "queues",
         "identity RPC a second, best number of completion queues", ">=",
         150_000, "RPC/s", speed=True),
)
BY_KEY = {goal.key: goal for goal in GOALS}
SECTIONS = ("correctness", "syncs", "saturation", "graphs", "reload", "oom",
            "sticky", "sanitizer", "queues", "lanes")


@dataclass(frozen=True)
class Result:
    """What became of a goal. `value` is None unless it was measured.

    `excused`: it was skipped for want of a tool that the goal only asks for
    where there is one.
    """

    verdict: Verdict
    value: float | None = None
    note: str = ""
    excused: bool = False


def judge(goal: Goal, value: float, dry: bool, note: str = "") -> Result:
    if goal.speed and dry:
        return Result(Verdict.NOT_JUDGED, value,
                      f"a CPU stands in for the GPU; {note}".rstrip("; "))
    verdict = Verdict.MET if goal.is_met(value) else Verdict.MISSED
    return Result(verdict, value, note)
