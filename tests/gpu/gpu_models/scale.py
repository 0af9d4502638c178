"""How large the models are: as their names say, or only as large as it takes
to see that everything works."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    side: int = 224
    blocks: tuple[int, ...] = (3, 4, 6, 3)
    width: int = 64
    layers: int = 12
    hidden: int = 768
    heads: int = 12
    words: int = 128
    mlp_width: int = 4096
    mlp_rows: int = 32
    launches: int = 200
    max_batch: int = 128
    examples: int = 4


FULL = Scale()
QUICK = Scale(side=32, blocks=(1, 1, 1, 1), width=8, layers=1, hidden=64,
              heads=2, words=16, mlp_width=64, mlp_rows=4, launches=20,
              max_batch=8, examples=2)
