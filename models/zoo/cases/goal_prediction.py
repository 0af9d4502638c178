"""Z12, `goal_prediction`: where a car may be heading, after a map of lanes.

A traced network scores candidate goals. A scripted search then keeps the best
ones that lie apart, so how many there are depends on the values. The archive
is stored as a `.bin` file: what it is stands in its content alone.
"""

import torch
from torch import Tensor, nn

from models.zoo.entry import Call, Inputs, Trap, ZooModel
from models.zoo.seeds import normal, seeded, uniform
from models.zoo.torchscript import scripted, traced

_FEATURES, _WIDTH = 6, 16


class GoalScores(nn.Module):
    """Lanes [L, points, 6] and goals [G, 2] in, scores [G] out."""

    def __init__(self) -> None:
        super().__init__()
        self.point = nn.Linear(_FEATURES, _WIDTH)
        self.goal = nn.Linear(2, _WIDTH)
        self.score = nn.Linear(2 * _WIDTH, 1)

    def forward(self, lanes: Tensor, goals: Tensor) -> Tensor:
        context = self.point(lanes).relu().amax(1)
        query = self.goal(goals).relu()
        attention = (query @ context.T / _WIDTH**0.5).softmax(1)
        both = torch.cat([query, attention @ context], dim=1)
        return self.score(both).squeeze(1)


class GoalSearch(nn.Module):
    """The best goals, each further than `apart` from every better one."""

    def __init__(self, apart: float = 0.3) -> None:
        super().__init__()
        self.apart = apart

    def forward(self, goals: Tensor, scores: Tensor) -> Tensor:
        covered: dict[int, bool] = {}
        kept = goals.new_zeros((0, 2))
        order = torch.argsort(scores, descending=True, stable=True)
        for i in range(order.numel()):
            best = int(order[i])
            if best in covered:
                continue
            kept = torch.cat([kept, goals[best : best + 1]])
            for other in range(goals.size(0)):
                way = goals[other] - goals[best]
                if bool(way.norm() < self.apart):
                    covered[other] = True
        return kept


class GoalPredictor(nn.Module):
    def __init__(self, scores: nn.Module, search: nn.Module) -> None:
        super().__init__()
        self.scores = scores
        self.search = search

    def forward(self, lanes: Tensor, goals: Tensor) -> Tensor:
        return self.search(goals, self.scores(lanes, goals))


def build() -> ZooModel:
    example = _inputs(lanes=5, goals=12)
    scores, search = seeded(GoalScores), GoalSearch()
    plain = GoalPredictor(scores, search)
    mixed = GoalPredictor(traced(scores, *example.values()), scripted(search))
    return ZooModel(
        "goal_prediction",
        mixed,
        example,
        "script",
        row="Z12",
        bare_suffix=".bin",
        reference=plain,
        unseen=(
            Call(_inputs(lanes=3, goals=40)),
            Call(_inputs(lanes=9, goals=2)),
        ),
        traps=(Trap("trace", r"int\(order\[i\]\)", module=plain),),
    )


def _inputs(lanes: int, goals: int) -> Inputs:
    return {
        "lanes": normal(lanes, 7, _FEATURES, seed=lanes),
        "goals": uniform(goals, 2, seed=goals),
    }
