"""What names say: of functions, whether they are losses; of parameters, which of them are predictions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lossfix.losses.discovery.candidate import Settings

_WORD = re.compile(r"(?<![A-Za-z\d])[Ff]\d(?![a-z\d])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
"""A word, a number, or an F-score: the ``f1`` of ``macro_f1``."""
_SHORT_FOR_LOSSES = frozenset("bce cce xent hinge pinball".split())
"""What also stands in the name of a metric that goes with such a loss: `hinge_accuracy`."""
LOSS_WORDS = _SHORT_FOR_LOSSES | frozenset(
    "loss losses objective criterion cost crossentropy entropy focal huber nll".split()
)
_COMPOUND = re.compile(r"(?!gloss|floss)[a-z]{2,}loss|loss(?:fn|func|function)")
"""Words that are written as one: ``myloss``, ``diceloss``, ``lossfn``."""
_TABLES = frozenset({"volume", "matrix", "map"})
_FILES_OF_LOSSES = frozenset({"loss", "losses", "objective", "objectives"})
METRIC_WORDS = frozenset(
    "metric metrics accuracy acc score coe coef coeff coefficient precision recall specificity sensitivity "
    "predictive npv ppv tpr tnr fpr fnr".split()
)
SCORES = frozenset(
    "iou giou dice jaccard tversky f1 f2 fbeta auc psnr ssim kappa similarity correlation ncc".split()
)
"""What may be maximised as a score, or be subtracted from one as a loss."""
_TRUE_WORDS = frozenset(
    "true truth label labels target targets gt actual real ytrue groundtruth y t tgt ref".split()
)
_PRED_WORDS = frozenset(
    "pred preds pre predict prediction predictions predicted logit logits output outputs pr p yhat hat fake "
    "ypred prob probs proba est estimate estimated recon reconstruction generated".split()
)
_OWN_INPUTS = frozenset({("target", "input"), ("targets", "inputs")})
"""Targets, and what else a loss is given: in any other order the inputs may be those of a model."""

_SEVERAL = frozenset("feats features activations layers pyramids".split())
"""What the layers of a network gave: lists of tensors, which Keras hands to no loss."""


def words(name: str) -> frozenset[str]:
    """The lower-case words of a snake_case or CamelCase name."""
    return frozenset(word.lower() for word in _WORD.findall(name.replace("IoU", "Iou")))


def names_a_loss(name: str) -> bool:
    """Whether the name says that this is a loss."""
    own = words(name)
    said = {word for word in own if word in LOSS_WORDS or _COMPOUND.fullmatch(word)}
    if own & _TABLES:
        # `cost_volume`, `cost_matrix`: what it costs to match each with each.
        said -= {"cost"}
    return bool(said - _SHORT_FOR_LOSSES) or (bool(said) and not own & METRIC_WORDS)


def names_a_test(name: str) -> bool:
    """Whether a function is called a test, or a part of one: ``test_gap``, ``testGap``, ``_test_gap``."""
    first = _WORD.search(name)
    return first is not None and first[0].lower() == "test"


def names_a_metric(name: str) -> bool:
    """Whether the name says that this is a metric and no loss."""
    return bool(words(name) & METRIC_WORDS) and not names_a_loss(name)


def names_a_score(name: str) -> bool:
    """Whether the name is that of a score, which may be a part of a loss, and no loss."""
    return bool(words(name) & SCORES) and not names_a_loss(name)


def names_targets(name: str) -> bool:
    """Whether a parameter is called targets, by more than a letter, and no predictions."""
    own = words(name)
    return bool(own & _TRUE_WORDS - {"y", "t"}) and not own & _PRED_WORDS


def names_losses(path: Sequence[str]) -> bool:
    """Whether a file says that it holds losses: by its own name or by that of the folder it is in."""
    own = [words(part.removesuffix(".py")) for part in path[-2:]]
    if not own or own[-1] & {"test", "tests", "metric", "metrics"}:
        return False
    return bool(own[-1] & _FILES_OF_LOSSES) or "losses" in own[0]


def pair_of(parameters: list[str], settings: Settings) -> tuple[str, str, bool] | None:
    """``(target, prediction, swapped)`` of the first two parameters, where their names say so."""
    if len(parameters) < 2:
        return None
    first, second = parameters[:2]
    if words(first) & _SEVERAL and words(second) & _SEVERAL:
        return None

    def predicts(name: str) -> bool:
        return name in settings.predictions or bool(words(name) & _PRED_WORDS)

    def targets(name: str) -> bool:
        if name in settings.targets or not name.strip("_"):
            # What is called `_` is not read.
            return True
        return bool(words(name) & _TRUE_WORDS) and not predicts(name)

    if (targets(first) and predicts(second)) or (first, second) in _OWN_INPUTS:
        return first, second, False
    if predicts(first) and targets(second):
        return second, first, True
    return None
