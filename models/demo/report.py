"""The demo's last page."""

from models.demo.classify import REPETITIONS, Classification

_BAR_WIDTH = 30


def print_report(result: Classification) -> None:
    print()
    for label, probability in result.top:
        bar = "#" * round(probability * _BAR_WIDTH)
        print(f"  {label:<22} {probability:6.3f}  {bar}".rstrip())
    timing = result.timing
    print()
    print(f"  first request      {timing.first:8.2f} ms")
    print(f"  median of {REPETITIONS}       {timing.median:8.2f} ms, of which")
    print(f"    in the queue     {timing.server_queue:8.3f} ms")
    print(f"    in the model     {timing.server_compute:8.2f} ms")
    print()
    print(
        "  equal to eager PyTorch: the largest difference of a logit is "
        f"{result.largest_difference:.1e}"
    )
