"""The options of sconce-load, for help and for the Tab key.

The binary alone decides about them: what is not here is passed on as well.
tests/client/test_load_test_command.py holds this against the binary.
"""

from __future__ import annotations

from typing import Dict, List, Tuple

from click.shell_completion import CompletionItem

# (option, its value or "", what it does)
Row = Tuple[str, str, str]

SECTIONS: Dict[str, Tuple[Row, ...]] = {
    "Where": (
        ("--connections", "N", "Connections, which take turns [1]."),
        ("--management", "HOST:PORT",
         "Where a Sconce server's golden examples are, or off."),
        ("--tls", "", "Speak TLS."),
        ("--ca", "FILE", "Trust this authority (PEM); with TLS."),
        ("--cert", "FILE", "Our certificate (PEM)."),
        ("--key", "FILE", "Its key (PEM)."),
        ("--server-name", "NAME",
         "What the certificate says, where that is not the host."),
        ("--token", "TEXT",
         "Sent as `authorization: Bearer`; better in $SCONCE_TOKEN."),
    ),
    "What": (
        ("--model", "NAME[:METHOD][@VERSION]",
         "May be repeated: a mix, with --weight for each."),
        ("--weight", "W", "Of the model before it [1]."),
        ("--mix", "FILE", "A mix as JSON."),
        ("--input", "NAME=FILE", ".npy, or NAME=VALUES as JSON."),
        ("--inputs", "FILE", ".npz with an array for each input."),
        ("--shape", "NAME=D,D", "Of made-up inputs."),
        ("--batch", "N", "Rows of made-up inputs [1]."),
        ("--expect", "FILE", ".npz with the right outputs."),
        ("--tolerance", "T", "How far an answer may be off [1e-4]."),
        ("--check-every", "K", "Check each K-th answer [10]."),
    ),
    "When": (
        ("--rate", "R", "Requests a second [100]."),
        ("--arrivals", "KIND", "poisson or constant [poisson]."),
        ("--steps", "R1,R2,…", "Each for an equal part of the duration."),
        ("--ramp", "FROM:TO", "Grows evenly over the duration."),
        ("--bursts", "R:ON:OFF[:LOW]", "R for ON seconds, LOW for OFF."),
        ("--trace", "FILE", "CSV with the column `seconds`."),
        ("--speed", "X", "Replay the trace X times as fast."),
        ("--closed-loop", "N",
         "N requests under way; hides what overload does."),
        ("--duration", "S", "Of the window that counts [10]."),
        ("--warmup", "S", "Before it [1]."),
        ("--seed", "N", "Of the arrivals and of what is drawn [1]."),
        ("--timeout", "S", "Deadline of a request, from its due time [60]."),
        ("--max-outstanding", "N",
         "Due requests beyond are not sent; the run is void [200000]."),
    ),
    "Report": (
        ("--slo", "MS[@P]", "Latency that P % (99) of requests must meet."),
        ("--metrics", "URL", "The server's own counters, or off."),
        ("--quiet", "", "No progress line."),
    ),
    "Many runs": (
        ("--sweep", "R1,R2,…", "One run for each rate."),
        ("--find-max", "", "The highest rate that meets --slo."),
    ),
}


def complete_option(begin: str) -> List[CompletionItem]:
    """For the Tab key."""
    return [CompletionItem(name, help=text)
            for rows in SECTIONS.values()
            for name, _, text in rows if name.startswith(begin)]
