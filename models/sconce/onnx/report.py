"""What became of one ONNX file, for a program and for a person."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sconce.onnx.convert import Written
from sconce.onnx.proof import OnnxProof


@dataclass(frozen=True)
class OnnxReport:
    """The file at `path`, how it was written and how it was proved."""

    method: str
    path: Path
    opset: int
    written: Written
    proof: OnnxProof

    def lines(self) -> Iterator[str]:
        """The result in one line, then what a user has to know about it."""
        yield self._result()
        for name, value in self.written.baked.items():
            yield f"  {name}={value!r} is fixed: ONNX has no such input"
        for name, value in self.written.defaults.items():
            yield f"  {name}={value!r} is fixed: the example leaves it out"
        for name in self.proof.unused:
            yield f"  {name} is no input: nothing depends on it"
        for limit in self.proof.limits:
            yield f"  ONNX Runtime refuses an empty input: {limit}"
        for mismatch in self.proof.mismatches:
            yield f"  differs: {mismatch}"
        for remark in self.written.remarks:
            yield f"  converter: {remark}"

    def _result(self) -> str:
        seen, wrong = self.proof.checked, len(self.proof.mismatches)
        largest = max((each.largest for each in seen), default=0.0)
        verdict = f"{wrong} differ" if wrong else "all equal"
        return (
            f"{self.path}: ONNX opset {self.opset}, {len(seen)} variations "
            f"in ONNX Runtime, {verdict}, largest difference {largest:.3g}"
        )
