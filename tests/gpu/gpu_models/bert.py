"""BERT-base (Devlin et al. 2018): an encoder over words, with a mask."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Layer(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.mixed = nn.Linear(width, 3 * width)
        self.joined = nn.Linear(width, width)
        self.after_attention = nn.LayerNorm(width)
        self.perceptron = nn.Sequential(
            nn.Linear(width, 4 * width),
            nn.GELU(),
            nn.Linear(4 * width, width),
        )
        self.after_perceptron = nn.LayerNorm(width)

    def forward(self, x: Tensor, visible: Tensor) -> Tensor:
        rows, words, width = x.shape
        mixed = self.mixed(x).view(rows, words, 3, self.heads, -1)
        query, key, value = mixed.permute(2, 0, 3, 1, 4).unbind(0)
        seen = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=visible
        )
        seen = seen.transpose(1, 2).reshape(rows, words, width)
        x = self.after_attention(x + self.joined(seen))
        return self.after_perceptron(x + self.perceptron(x))


class Bert(nn.Module):
    """Words' numbers and a mask (1: a word, 0: padding) in, the first word's
    vector as float32 out."""

    def __init__(
        self,
        layers: int = 12,
        width: int = 768,
        heads: int = 12,
        words: int = 30522,
        longest: int = 512,
    ) -> None:
        super().__init__()
        self.words = nn.Embedding(words, width)
        self.places = nn.Parameter(torch.empty(longest, width))
        self.normalized = nn.LayerNorm(width)
        self.layers = nn.ModuleList(
            Layer(width, heads) for _ in range(layers)
        )
        self.pooled = nn.Linear(width, width)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        x = self.normalized(self.words(ids) + self.places[: ids.size(1)])
        visible = mask.to(torch.bool).unsqueeze(1).unsqueeze(1)
        for layer in self.layers:
            x = layer(x, visible)
        return torch.tanh(self.pooled(x[:, 0])).to(torch.float32)
