"""What a reader of the archive should know beside its signature."""

from sconce.export.attempt import Attempt
from sconce.export.attempts import Explored
from sconce.export.proving import Proved
from sconce.export.schema import method_names
from sconce.export.state import Original


def make_notes(proved: Proved) -> tuple[str, ...]:
    """One line each: state, changed inputs, warnings, unproved methods."""
    found = _state(proved.original)
    for one in proved.explored:
        found += _changed_inputs(one)
    found += _warnings(proved.chosen)
    found += _devices(proved.attempts, proved.chosen)
    found += _unproved(proved.explored, proved.chosen)
    return tuple(found)


def _state(original: Original) -> list[str]:
    names = ", ".join(original.changes)
    if not names:
        return []
    if not original.stateful:
        return [
            f"a call changes {names}; the calls after it were seen to answer "
            "the same"
        ]
    return [f"stateful: a call changes {names} for the calls after it"]


def _changed_inputs(one: Explored) -> list[str]:
    names = one.domain.cases[0].answer.changed_inputs
    if not names:
        return []
    return [f"{one.name} changes its inputs in place: {', '.join(names)}"]


def _warnings(chosen: Attempt) -> list[str]:
    if chosen.capture is None:
        return []
    return [
        "the tracer warned, and no input was found that shows a "
        f"difference: {remark}"
        for remark in chosen.capture.remarks
    ]


def _devices(attempts: list[Attempt], chosen: Attempt) -> list[str]:
    """What a trace had fixed and now follows the input."""
    if chosen.how == "given":
        return [str(device) for device in chosen.devices]
    if chosen is attempts[0] or chosen.how != "trace":
        return []
    return [
        f"the device '{device.device}' at {device.place or device.module} "
        "was fixed in the trace and now follows the first tensor input"
        for device in attempts[0].devices
    ]


def _unproved(explored: list[Explored], chosen: Attempt) -> list[str]:
    assert chosen.capture is not None
    known = {one.name for one in explored}
    return [
        f"the method '{name}' is in the archive without an example: not "
        "proved"
        for name in method_names(chosen.capture.program)
        if name not in known and not name.startswith("_")
    ]
