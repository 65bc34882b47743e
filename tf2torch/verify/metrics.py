"""Task metrics of predictions against labels, and how far chance moves them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

RESAMPLES = 500
CONFIDENCE = 0.95
CLIPPED = 1e-7  # of a probability in the log loss
NDCG_AT = 10

Metric = Callable[[np.ndarray, np.ndarray, np.ndarray | None], float]


def auc(scores: np.ndarray, labels: np.ndarray, _: np.ndarray | None = None) -> float:
    """P(score of a positive > score of a negative), ties count half; NaN of one class.

    Two columns are the two classes; the second one is the positive.
    """
    flat = _positive(scores)
    positive = labels.ravel() > 0.5
    many, few = int(positive.sum()), int((~positive).sum())
    if not many or not few:
        return float("nan")
    ranks = _ranks(flat)
    return float((ranks[positive].sum() - many * (many + 1) / 2) / (many * few))


def accuracy(
    scores: np.ndarray, labels: np.ndarray, _: np.ndarray | None = None
) -> float:
    """The part of rows whose class is right: the largest of several columns, or over
    a half of a single one. Labels are class numbers, or one-hot rows."""
    if scores.ndim > 1 and scores.shape[-1] > 1:
        found = scores.argmax(-1).ravel()
        truth = labels.argmax(-1) if labels.shape == scores.shape else labels
    else:
        found, truth = scores.ravel() > 0.5, labels > 0.5
    return float((found == truth.ravel()).mean())


def rmse(scores: np.ndarray, labels: np.ndarray, _: np.ndarray | None = None) -> float:
    """The root of the mean squared error."""
    error = scores.reshape(labels.shape).astype(np.float64) - labels
    return float(np.sqrt(np.square(error).mean()))


def logloss(
    scores: np.ndarray, labels: np.ndarray, _: np.ndarray | None = None
) -> float:
    """Mean −log of the probability given to the true class."""
    chances = scores.astype(np.float64)
    if scores.ndim > 1 and scores.shape[-1] > 1:
        truth = labels.argmax(-1) if labels.shape == scores.shape else labels
        index = truth.ravel().astype(np.int64)
        picked = chances.reshape(len(index), -1)[np.arange(len(index)), index]
    else:
        flat = chances.ravel()
        picked = np.where(labels.ravel() > 0.5, flat, 1.0 - flat)
    return float(-np.log(np.clip(picked, CLIPPED, 1.0)).mean())


def ndcg(scores: np.ndarray, labels: np.ndarray, groups: np.ndarray | None) -> float:
    """Mean over groups of DCG over the best DCG: the first ten, gains 2^label − 1."""
    flat, gains = scores.ravel(), 2.0 ** labels.ravel().astype(np.float64) - 1.0
    groups = np.zeros(len(flat)) if groups is None else groups
    found = []
    for group in np.unique(groups):
        own = groups == group
        best = _dcg(np.sort(gains[own])[::-1])
        if best:
            order = np.argsort(-flat[own], kind="stable")
            found.append(_dcg(gains[own][order]) / best)
    return float(np.mean(found)) if found else float("nan")


METRICS: dict[str, Metric] = {
    "auc": auc,
    "accuracy": accuracy,
    "rmse": rmse,
    "logloss": logloss,
    "ndcg": ndcg,
}


def chance(
    metric: Metric,
    scores: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray | None,
    seed: int,
) -> float:
    """Half the width of the bootstrap interval of a metric over rows (over groups
    where there are any): what another draw of the same data could have given."""
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(RESAMPLES):
        rows, renamed = _resampled(generator, len(labels), groups)
        found.append(metric(scores[rows], labels[rows], renamed))
    outside = (1.0 - CONFIDENCE) / 2
    low, high = np.nanquantile(found, [outside, 1.0 - outside])
    return float(high - low) / 2


def _resampled(
    generator: np.random.Generator, count: int, groups: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None]:
    if groups is None:
        return generator.integers(0, count, count), None
    names = np.unique(groups)
    drawn = names[generator.integers(0, len(names), len(names))]
    parts = [np.flatnonzero(groups == name) for name in drawn]
    renamed = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return np.concatenate(parts), renamed


def _positive(scores: np.ndarray) -> np.ndarray:
    two = scores.ndim > 1 and scores.shape[-1] == 2
    return (scores[..., 1] if two else scores).ravel().astype(np.float64)


def _ranks(values: np.ndarray) -> np.ndarray:
    """From 1; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2)[inverse]


def _dcg(gains: np.ndarray) -> float:
    top = gains[:NDCG_AT]
    return float((top / np.log2(np.arange(2, len(top) + 2))).sum())
