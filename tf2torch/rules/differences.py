"""Where ports differ from TensorFlow's CPU kernels by design.

TensorFlow documents none of these results. Most are what a kernel happens to do with
NaN or at a pole; to copy them would replace torch's own function by a longer one for
numbers that no model is right about. ``tests/ops/test_differences.py`` holds each.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """``what`` differs in each of ``ops``, and which side does what."""

    ops: str
    what: str


DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        "MaxPool MaxPoolV2 MaxPool3D MaxPoolWithArgmax Dilation2D SegmentMax "
        "SegmentMin TensorScatterMax TensorScatterMin CumulativeLogsumexp",
        "a NaN shows in each result that it takes part in; TensorFlow's kernels pass "
        "over it in some places and not in others",
    ),
    Difference(
        "Softmax",
        "a row with a NaN is NaN; in float32 TensorFlow's oneDNN kernel gives 0 to the "
        "other classes",
    ),
    Difference(
        "TopK TopKV2 ApproxTopK NthElement",
        "NaN is the greatest of all; TensorFlow's comparisons with NaN leave an order "
        "that depends on k",
    ),
    Difference(
        "LowerBound",
        "NaN belongs after all numbers; TensorFlow puts it before them (and, for "
        "UpperBound, after them)",
    ),
    Difference(
        "Relu Relu6 Maximum Minimum",
        "the gradient at NaN is torch's: Relu lets it pass, and of two operands the "
        "first one takes it; TensorFlow does it the other way round",
    ),
    Difference(
        "Abs",
        "the gradient at NaN is 0; TensorFlow's is NaN",
    ),
    Difference(
        "Softsign",
        "the gradient at ±∞, where the value is NaN in both, is NaN; TensorFlow's is 0",
    ),
    Difference(
        "Erfc",
        "gelu in its exact form is torch's F.gelu, which in float32 gives NaN for ∞ "
        "where TensorFlow's terms give ∞",
    ),
    Difference(
        "Erf",
        "it is ±1 at ±∞; TensorFlow's float64 kernel gives NaN",
    ),
    Difference(
        "Acosh",
        "the gradient below −1, where the value is NaN in both, is finite; that of "
        "TensorFlow is NaN",
    ),
    Difference(
        "Lgamma Digamma Polygamma Zeta BesselY0 BesselY1",
        "at a pole one side has ∞ where the other one has NaN, and the gradient of "
        "Digamma is a large number there",
    ),
    Difference(
        "Digamma",
        "its gradient below 0 is the true one; TensorFlow's series is for positive "
        "numbers only",
    ),
    Difference(
        "BesselI1 BesselI1e BesselJ1",
        "the gradient at 0 is ½, the true one; TensorFlow's is 1",
    ),
    Difference(
        "Dawsn",
        "it is odd; TensorFlow's kernel loses the sign below −10⁹",
    ),
    Difference(
        "Atan2",
        "the gradient at (0, 0) is 0; TensorFlow's is NaN",
    ),
    Difference(
        "Cumprod",
        "the gradient at a factor 0 is the true one; TensorFlow's is 0 or NaN",
    ),
    Difference(
        "Max Min",
        "over an axis that turns out to be empty when the model runs, torch raises; "
        "TensorFlow gives -∞ or ∞ (a size that is known to be 0 is honoured)",
    ),
    Difference(
        "FloorMod Mod TruncateMod",
        "where the quotient overflows the remainder is torch's, which is NaN",
    ),
    Difference(
        "Add AddV2 Sub Mul RealDiv Exp FloorDiv",
        "denormal numbers are computed with; TensorFlow's CPU kernels take them for 0",
    ),
)
