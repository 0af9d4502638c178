"""The ways to TorchScript, tried in order until one is proved right."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from sconce.export.arguments import Arguments
from sconce.export.attempt import Attempt, best
from sconce.export.capture import Capture, MethodCase, given, script, trace
from sconce.export.devices import follow_inputs
from sconce.export.domain import Case, Domain
from sconce.export.errors import ExportError, UsageError
from sconce.export.graph_findings import device_constants, unused_inputs
from sconce.export.hunting import hunted_variations
from sconce.export.progress import Progress
from sconce.export.proof import Checked, prove, prove_in_a_row
from sconce.export.runner import Answer, Runner
from sconce.export.state import Original
from sconce.export.subject import Subject
from sconce.export.tolerances import Tolerances

HOW = ("auto", "trace", "script")


@dataclass(frozen=True)
class Explored:
    """One method with all that eager has answered."""

    arguments: Arguments
    domain: Domain
    eager: Runner

    @property
    def name(self) -> str:
        return self.arguments.method.name


class Attempts:
    """Captures and proves one subject in the ways that `how` allows."""

    def __init__(
        self,
        subject: Subject,
        original: Original,
        explored: list[Explored],
        tolerances: Tolerances,
        progress: Progress,
    ) -> None:
        self._subject = subject
        self._original = original
        self._explored = explored
        self._tolerances = tolerances
        self._progress = progress

    def run(self, how: str) -> list[Attempt]:
        """The attempts made; the last one that is right is the best."""
        made: list[Attempt] = []
        for attempt in self._tries(how, made):
            made.append(attempt)
            if attempt.is_certain:
                break
        return made

    def _tries(self, how: str, made: list[Attempt]) -> Iterator[Attempt]:
        if how not in HOW:
            raise UsageError(f"how='{how}', expected {', '.join(HOW)}")
        if self._subject.is_scripted:
            yield self._prove("given", given(self._subject))
            return
        if how in ("auto", "trace"):
            yield self._trace()
        if how in ("auto", "script"):
            yield self._script()
        if how == "auto" and _only_devices(made):
            yield self._trace(follow=True)

    def _trace(self, *, follow: bool = False) -> Attempt:
        self._progress.step("tracing")
        cases = [
            MethodCase(one.arguments, one.domain.cases[0].answer)
            for one in self._explored
        ]
        try:
            capture = trace(self._subject, self._original, cases)
            if follow and isinstance(capture.program, torch.jit.ScriptModule):
                follow_inputs(capture.program)
            return self._prove("trace", capture)
        except ExportError as error:
            return Attempt("trace", refused=error)

    def _script(self) -> Attempt:
        self._progress.step("scripting")
        try:
            return self._prove("script", script(self._subject))
        except ExportError as error:
            return Attempt("script", refused=error)

    def _prove(self, how: str, capture: Capture) -> Attempt:
        names = [one.name for one in self._explored]
        archive = Original(capture.reloaded(), names)
        devices = tuple(device_constants(capture.program))
        checked: list[Checked] = []
        for one in self._explored:
            runner = Runner(archive, one.arguments, adapted=capture.adapted)
            checked += self._check(one, runner)
            wrong = devices or any(each.mismatch for each in checked)
            if capture.remarks and not wrong:
                checked += self._hunt(one, runner)
        unread = [
            name
            for one in self._explored
            for name in unused_inputs(capture.program, one.name)
        ]
        return Attempt(
            how, capture, None, tuple(checked), devices, tuple(unread)
        )

    def _check(self, one: Explored, archive: Runner) -> list[Checked]:
        checked = prove(
            one.name,
            one.domain.cases,
            archive,
            self._tolerances,
            self._progress,
        )
        if self._original.stateful:
            given = one.arguments.given
            checked.append(
                prove_in_a_row(
                    one.name, given, one.eager, archive, self._tolerances
                )
            )
        return checked

    def _hunt(self, one: Explored, archive: Runner) -> list[Checked]:
        """Far inputs, where the tracer has warned and nothing differed."""
        found: list[Checked] = []
        given = one.arguments.given
        for variation in hunted_variations(given, one.domain.dimensions):
            answer = one.eager.run(variation.inputs)
            if isinstance(answer, Answer):
                case = (Case(variation, answer),)
                found += prove(
                    one.name, case, archive, self._tolerances, self._progress
                )
                if found[-1].mismatch:
                    break
        return found


def _only_devices(made: list[Attempt]) -> bool:
    """Whether a trace is right but for its devices, and nothing else is."""
    first = made[0]
    return bool(first.devices and not first.mismatches and not best(made))
