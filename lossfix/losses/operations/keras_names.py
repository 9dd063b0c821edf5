"""What Keras itself has of losses and metrics, by canonical name."""

from __future__ import annotations

from lossfix.losses.operations.words import words

LOSS_ALIASES = {
    "KLD": "kl_divergence",
    "MAE": "mean_absolute_error",
    "MAPE": "mean_absolute_percentage_error",
    "MSE": "mean_squared_error",
    "MSLE": "mean_squared_logarithmic_error",
    "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "mse": "mean_squared_error",
    "msle": "mean_squared_logarithmic_error",
}

RENAMED_STRINGS = {
    "cosine_proximity": "cosine_similarity",
    "huber_loss": "huber",
    "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
}
"""What ``compile`` took as the name of a loss in quotes until Keras 3, and what it takes today."""

LOSS_FUNCTIONS = frozenset("keras.losses." + name for name in words("""
    binary_crossentropy binary_focal_crossentropy categorical_crossentropy
    categorical_focal_crossentropy categorical_generalized_cross_entropy categorical_hinge circle
    cosine_similarity ctc dice hinge huber kl_divergence log_cosh mean_absolute_error
    mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error poisson
    sparse_categorical_crossentropy squared_hinge tversky
    """))
"""The functions of ``keras.losses``, which give one value per sample; canonical names."""

LOSS_CLASSES = frozenset("keras.losses." + name for name in words("""
    BinaryCrossentropy BinaryFocalCrossentropy CTC CategoricalCrossentropy
    CategoricalFocalCrossentropy CategoricalGeneralizedCrossEntropy CategoricalHinge Circle
    CosineSimilarity Dice Hinge Huber KLDivergence LogCosh Loss MeanAbsoluteError
    MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson
    SparseCategoricalCrossentropy SquaredHinge Tversky
    """))
"""``keras.losses.Loss`` and what Keras derives from it; canonical names."""

_ENTROPY = ("from_logits", "label_smoothing", "axis")
BEFORE_REDUCTION = {
    "keras.losses.BinaryCrossentropy": _ENTROPY,
    "keras.losses.BinaryFocalCrossentropy": ("apply_class_balancing", "alpha", "gamma", *_ENTROPY),
    "keras.losses.CategoricalCrossentropy": _ENTROPY,
    "keras.losses.CategoricalFocalCrossentropy": ("alpha", "gamma", *_ENTROPY),
    "keras.losses.CategoricalGeneralizedCrossEntropy": ("q",),
    "keras.losses.Circle": ("gamma", "margin", "remove_diagonal"),
    "keras.losses.CosineSimilarity": ("axis",),
    "keras.losses.Huber": ("delta",),
    "keras.losses.SparseCategoricalCrossentropy": ("from_logits", "ignore_class"),
    "keras.losses.Tversky": ("alpha", "beta"),
}
"""The parameters that stand before ``reduction`` in the classes of losses where any does."""

WRAPPER = "keras.losses.LossFunctionWrapper"
"""Keras 2's class for a function with arguments, which was internal and has no public successor."""

METRIC_FUNCTIONS = frozenset("keras.metrics." + name for name in words("""
    binary_accuracy categorical_accuracy sparse_categorical_accuracy sparse_top_k_categorical_accuracy
    top_k_categorical_accuracy
    """))
"""The functions of ``keras.metrics`` that are not losses too, all without a gradient."""

METRIC_CLASSES = frozenset("keras.metrics." + name for name in words("""
    AUC Accuracy BinaryAccuracy BinaryCrossentropy BinaryIoU CategoricalAccuracy
    CategoricalCrossentropy CategoricalHinge ConcordanceCorrelation CosineSimilarity F1Score
    FBetaScore FalseNegatives FalsePositives Hinge IoU KLDivergence LogCoshError Mean
    MeanAbsoluteError MeanAbsolutePercentageError MeanIoU MeanMetricWrapper MeanSquaredError
    MeanSquaredLogarithmicError Metric OneHotIoU OneHotMeanIoU PearsonCorrelation Poisson Precision
    PrecisionAtRecall R2Score Recall RecallAtPrecision RootMeanSquaredError
    SensitivityAtSpecificity SparseCategoricalAccuracy SparseCategoricalCrossentropy
    SparseTopKCategoricalAccuracy SpecificityAtSensitivity SquaredHinge Sum
    TopKCategoricalAccuracy TrueNegatives TruePositives
    """))
"""``keras.metrics.Metric`` and what Keras derives from it; canonical names."""
