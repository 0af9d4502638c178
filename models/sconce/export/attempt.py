"""One way to TorchScript, and what came of it."""

from dataclasses import dataclass

from sconce.export.capture import Capture
from sconce.export.errors import ExportError
from sconce.export.graph_findings import DeviceConstant
from sconce.export.proof import Checked, Mismatch
from sconce.export.trace_warnings import Remark

_NAMES = {
    "trace": "the trace",
    "script": "the script",
    "given": "the archive",
}


@dataclass(frozen=True)
class Attempt:
    """A capture and its proof, or why there is no capture."""

    how: str
    capture: Capture | None = None
    refused: ExportError | None = None
    checked: tuple[Checked, ...] = ()
    devices: tuple[DeviceConstant, ...] = ()
    unread: tuple[str, ...] = ()  # inputs that the graph does without

    @property
    def mismatches(self) -> list[Mismatch]:
        return [one.mismatch for one in self.checked if one.mismatch]

    @property
    def is_right(self) -> bool:
        """Equal to eager in every case, and on any device."""
        fixed_device = self.devices and self.how != "given"
        return bool(self.capture and not self.mismatches and not fixed_device)

    @property
    def is_certain(self) -> bool:
        """Right, and the tracer saw nothing that it could not record."""
        return self.is_right and not self.remarks

    @property
    def reason(self) -> str:
        """Why this is not the archive to write, in one line."""
        name = _NAMES[self.how]
        if self.refused:
            return self.refused.message
        if self.mismatches:
            return (
                f"{name} is wrong in {len(self.mismatches)} of "
                f"{len(self.checked)} variations, first in "
                f"{self.mismatches[0]}{self._suspects()}"
            )
        if self.devices:
            return f"{name} is tied to a device: {self.devices[0]}"
        count = len(self.remarks)
        return f"the tracer warned of {count} line" + "s" * (count > 1)

    def _suspects(self) -> str:
        places = dict.fromkeys(remark.place for remark in self.remarks)
        return f"; look at {', '.join(list(places)[:3])}" if places else ""

    @property
    def remarks(self) -> tuple[Remark, ...]:
        return self.capture.remarks if self.capture else ()


def best(attempts: list[Attempt]) -> Attempt | None:
    """The last right one: a script before a trace with warnings."""
    return next((one for one in reversed(attempts) if one.is_right), None)
