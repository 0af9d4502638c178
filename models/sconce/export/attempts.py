"""The ways to TorchScript, tried in order until one is proved right."""

from collections.abc import Iterator
from dataclasses import dataclass

from sconce.export.arguments import Arguments
from sconce.export.capture import Capture, MethodCase, given, script, trace
from sconce.export.devices import follow_inputs
from sconce.export.domain import Domain
from sconce.export.errors import ExportError, UsageError
from sconce.export.graph_findings import DeviceConstant, device_constants
from sconce.export.progress import Progress
from sconce.export.proof import Checked, Mismatch, prove
from sconce.export.runner import Runner
from sconce.export.state import Original
from sconce.export.subject import Subject
from sconce.export.tolerances import Tolerances

HOW = ("auto", "trace", "script")


@dataclass(frozen=True)
class Explored:
    """One method with all that eager has answered."""

    arguments: Arguments
    domain: Domain

    @property
    def name(self) -> str:
        return self.arguments.method.name


@dataclass(frozen=True)
class Attempt:
    """A capture and its proof, or why there is no capture."""

    how: str
    capture: Capture | None = None
    refused: ExportError | None = None
    checked: tuple[Checked, ...] = ()
    devices: tuple[DeviceConstant, ...] = ()

    @property
    def mismatches(self) -> list[Mismatch]:
        return [one.mismatch for one in self.checked if one.mismatch]

    @property
    def is_right(self) -> bool:
        fixed_device = self.devices and self.how != "given"
        return bool(self.capture and not self.mismatches and not fixed_device)


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
        """The attempts made; the last one is right, or none is."""
        made: list[Attempt] = []
        for attempt in self._tries(how, made):
            made.append(attempt)
            if attempt.is_right:
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
        if how == "auto" and made[0].devices and not made[0].mismatches:
            yield self._trace(follow=True)

    def _trace(self, *, follow: bool = False) -> Attempt:
        self._progress.step("tracing")
        cases = [
            MethodCase(one.arguments, one.domain.cases[0].answer)
            for one in self._explored
        ]
        try:
            capture = trace(self._subject, self._original, cases)
        except ExportError as error:
            return Attempt("trace", refused=error)
        if follow:
            follow_inputs(capture.program)
        return self._prove("trace", capture)

    def _script(self) -> Attempt:
        self._progress.step("scripting")
        try:
            return self._prove("script", script(self._subject))
        except ExportError as error:
            return Attempt("script", refused=error)

    def _prove(self, how: str, capture: Capture) -> Attempt:
        names = [one.name for one in self._explored]
        archive = Original(capture.reloaded(), names)
        checked: list[Checked] = []
        for one in self._explored:
            runner = Runner(
                archive, one.arguments, adapted=capture.adapted
            )
            checked += prove(
                one.name,
                one.domain.cases,
                runner,
                self._tolerances,
                self._progress,
            )
        devices = tuple(device_constants(capture.program))
        return Attempt(how, capture, None, tuple(checked), devices)
