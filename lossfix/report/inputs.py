"""The families of inputs in words: what a loss was measured on, for someone who never heard of them."""

from __future__ import annotations

WORDS = {
    "reg": "real numbers, one per sample",
    "reg_vec3": "real numbers, three per sample",
    "unit": "numbers between 0 and 1, one per sample",
    "unit_vec3": "numbers between 0 and 1, three per sample",
    "bin_prob": "0 or 1, and its probability",
    "multilabel": "four labels of 0 or 1, and their probabilities",
    "onehot_prob": "one-hot classes, and their probabilities",
    "onehot_logits": "one-hot classes, and their logits",
    "bin_logits": "0 or 1, and its logit",
    "multilabel_logits": "four labels of 0 or 1, and their logits",
    "pos": "positive numbers, one per sample",
    "pos_vec3": "positive numbers, three per sample",
    "pm1": "-1 or 1, and its margin",
    "pm1_vec3": "three labels of -1 or 1, and their margins",
    "sparse": "class numbers, and the probabilities of the classes",
    "sparse_column": "class numbers in a column, and the probabilities of the classes",
    "sparse_logits": "class numbers, and the logits of the classes",
    "seg_bin": "masks of 0 and 1, and their probabilities",
    "seg_multi": "masks of one-hot classes, and their probabilities",
    "seg_sparse": "masks of class numbers, and the probabilities of the classes",
    "seq": "sequences of real numbers, (5, 2) per sample",
    "vec": "real numbers, without an axis of their own",
    "vec_unit": "numbers between 0 and 1, without an axis of their own",
    "vec_prob": "0 or 1 and its probability, without an axis of their own",
    "boxes": "boxes, (ymin, xmin, ymax, xmax)",
    "rating": "ratings from 1 to 5, one per sample",
    "rating_vec3": "ratings from 1 to 5, three per sample",
    "padded": "sequences padded with 0",
    "padded_minus_one": "sequences padded with -1",
    "gaps": "real numbers with NaN where the target is missing",
    "pairs": "whether a pair belongs together, and its distance",
    "triplet": "three embeddings in one row",
    "yolo": "cells of boxes, confidences and classes",
    "quantiles": "one target and three quantiles",
    "embedding": "embeddings of six numbers",
    "two": "two real numbers per sample",
    "mean_and_scale": "one target, its mean and its scale",
}


def in_words(family: str) -> str:
    """``pos``, or ``pos scaled by 2``, in words, with the name by which the configuration knows it."""
    name, _, change = family.partition(" ")
    words = WORDS.get(name)
    if words is None:
        return f"inputs of the family {family}"
    return f"{words}{', ' + change if change else ''} ({name})"
