"""Connectionist temporal classification on TensorFlow's sparse labels."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

Prefix = tuple[int, ...]


def ctc_loss(
    logits: Tensor,
    indices: Tensor,
    values: Tensor,
    lengths: Tensor,
    blank: int,
    ignore_longer: bool = False,
) -> Tensor:
    """[T, B, C] logits, labels ``values`` at (batch, place) ``indices`` → loss [B].

    ``ignore_longer``: 0 where the labels do not fit into the frames.
    """
    return F.ctc_loss(
        logits.log_softmax(2),
        values.long(),
        lengths.long(),
        torch.bincount(indices[:, 0], minlength=logits.shape[1]),
        blank=blank % logits.shape[2],
        reduction="none",
        zero_infinity=ignore_longer,
    )


def ctc_loss_grad(
    logits: Tensor,
    indices: Tensor,
    values: Tensor,
    lengths: Tensor,
    blank: int,
    ignore_longer: bool = False,
) -> Tensor:
    """The gradient of each loss by its logits, [T, B, C]."""

    def loss(logits: Tensor) -> Tensor:
        return ctc_loss(logits, indices, values, lengths, blank, ignore_longer)

    return torch.func.vjp(loss, logits)[1](logits.new_ones(logits.shape[1]))[0]


def ctc_greedy_decode(
    logits: Tensor, lengths: Tensor, blank: int, merge_repeated: bool = False
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The best class of every frame of [T, B, C], blanks dropped, as a sparse tensor.

    Indices [N, 2], values [N], shape [2], and minus the sum of the logits taken [B, 1].
    """
    best, classes = logits.max(2)
    frames = torch.arange(len(logits), device=logits.device)[:, None]
    counts = frames < lengths
    keep = counts & (classes != blank % logits.shape[2])
    if merge_repeated:
        keep[1:] &= classes[1:] != classes[:-1]
    score = -(best * counts).sum(0)[:, None]
    keep, classes = keep.T, classes.T
    places = keep.cumsum(1) - 1
    rows = torch.arange(len(keep), device=logits.device)[:, None].expand_as(keep)
    indices = torch.stack([rows[keep], places[keep]], 1)
    longest = keep.sum(1).max()
    shape = torch.stack([longest.new_tensor(len(keep)), longest])
    return indices, classes[keep], shape, score


def ctc_beam_search(
    logits: Tensor, lengths: Tensor, width: int, paths: int, merge_repeated: bool
) -> tuple[Tensor, ...]:
    """The ``paths`` likeliest label sequences of [T, B, C], the blank being the last.

    For each rank indices [N, 2], then values [N], then shapes [2]; scores [B, paths].
    """
    log_probs = logits.double().log_softmax(2)
    found = [
        beams_of(log_probs[:length, b].tolist(), width)[:paths]
        for b, length in enumerate(lengths.tolist())
    ]
    ranks = []
    for rank in range(paths):
        labels = [merged(beams[rank][0], merge_repeated) for beams in found]
        pairs = [(b, i) for b, row in enumerate(labels) for i in range(len(row))]
        flat = [label for row in labels for label in row]
        longest = max(map(len, labels), default=0)
        indices = torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2)
        shape = torch.tensor([len(labels), longest])
        ranks.append((indices, torch.tensor(flat, dtype=torch.int64), shape))
    scores = torch.tensor([[score for _, score in beams] for beams in found])
    columns = zip(*ranks, strict=True)
    parts = [part.to(logits.device) for column in columns for part in column]
    return *parts, scores.to(logits)


def merged(labels: tuple[int, ...], merge_repeated: bool) -> list[int]:
    """Equal neighbours as one, if so wanted."""
    return [
        label
        for i, label in enumerate(labels)
        if not merge_repeated or i == 0 or label != labels[i - 1]
    ]


def beams_of(frames: list[list[float]], width: int) -> list[tuple[Prefix, float]]:
    """Prefixes and their log probability, best first.

    Of each prefix two scores are kept: of the ways to it that end in a blank, and of
    those that end in its last label.
    """
    beams: dict[Prefix, tuple[float, float]] = {(): (0.0, -math.inf)}
    for frame in frames:
        grown: dict[Prefix, list[list[float]]] = {}
        *labels, blank = frame
        for prefix, (in_blank, in_label) in beams.items():
            both = log_add([in_blank, in_label])
            own = grown.setdefault(prefix, [[], []])
            own[0].append(both + blank)
            if prefix:
                own[1].append(in_label + labels[prefix[-1]])
            for label, score in enumerate(labels):
                again = bool(prefix) and label == prefix[-1]
                longer = grown.setdefault((*prefix, label), [[], []])
                longer[1].append((in_blank if again else both) + score)
        scored = {p: (log_add(b), log_add(n)) for p, (b, n) in grown.items()}
        best = sorted(scored, key=lambda p: -log_add(list(scored[p])))
        beams = {p: scored[p] for p in best[:width]}
    return [(p, log_add(list(scores))) for p, scores in beams.items()]


def log_add(values: list[float]) -> float:
    """log Σ exp(values)"""
    top = max(values, default=-math.inf)
    if top == -math.inf:
        return top
    return top + math.log(sum(math.exp(v - top) for v in values))
