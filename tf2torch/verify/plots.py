"""Two plots of the report, as inline SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from tf2torch.verify.gate import Figure

WIDTH, HEIGHT, MARGIN = 460.0, 340.0, 52.0
ROW, LABELS = 22.0, 230.0
SMALLEST = 1e-12  # what is drawn for an exact zero


def gradient_parity(figures: Sequence[Figure]) -> str:
    """TensorFlow's gradient norm against the port's; the diagonal is agreement."""
    points = [
        (_positive(f.scale), _positive(f.value), f)
        for f in figures
        if f.value is not None
    ]
    if not points:
        return ""
    low = math.floor(math.log10(min(min(x, y) for x, y, _ in points)))
    high = math.ceil(math.log10(max(max(x, y) for x, y, _ in points)) + 1e-9)
    high = max(high, low + 1)
    across = WIDTH - 2 * MARGIN

    def place(value: float) -> float:
        return (math.log10(value) - low) / (high - low)

    dots = "".join(
        _dot(MARGIN + place(x) * across, _down(place(y)), f) for x, y, f in points
    )
    return _svg(
        WIDTH,
        HEIGHT,
        _frame(low, high, "TensorFlow: gradient norm", "port: gradient norm")
        + _line(MARGIN, _down(0.0), WIDTH - MARGIN, _down(1.0), "ideal")
        + dots,
        "gradient norms of the port against TensorFlow's",
    )


def error_bars(figures: Sequence[Figure]) -> str:
    """One row per check: the port's error, TensorFlow's own, and what is allowed."""
    rows = [f for f in figures if isinstance(f.observed, float) and f.tolerance]
    if not rows:
        return ""
    low, high = -9.0, max(-2.0, *(math.log10(_positive(_number(f))) for f in rows))
    height = ROW * len(rows) + MARGIN
    width = LABELS + 2 * WIDTH / 2 + 20
    body = ""
    for step in range(int(low), math.floor(high) + 1, 2):
        x = _across(10.0**step, low, high)
        body += _line(x, 8, x, height - 30, "axis")
        body += _text(x, height - 14, f"1e{step}", "middle")
    for index, figure in enumerate(rows):
        body += _row(figure, 10 + ROW * index, low, high)
    return _svg(width, height, body, "relative error of each output")


def _row(figure: Figure, top: float, low: float, high: float) -> str:
    middle = top + ROW / 2
    kind = "dot" if figure.passed else "dot bad"
    start, end = _across(10.0**low, low, high), _across(_number(figure), low, high)
    limit = _across(_positive(figure.tolerance), low, high)
    parts = _text(LABELS - 12, middle + 4, _short(figure.subject), "end")
    parts += (
        f'<rect class="{kind}" x="{start:.1f}" y="{top + 6:.1f}" rx="2" '
        f'width="{max(1.0, end - start):.1f}" height="{ROW - 12:.1f}">'
        f"<title>{escape(_title(figure))}</title></rect>"
    )
    if figure.own is not None:
        x = _across(figure.own, low, high)
        parts += f'<circle class="own" cx="{x:.1f}" cy="{middle:.1f}" r="4"/>'
    return parts + _line(limit, top + 3, limit, top + ROW - 3, "limit")


def _across(value: float, low: float, high: float) -> float:
    part = (math.log10(_positive(value)) - low) / (high - low)
    return LABELS + min(1.0, max(0.0, part)) * WIDTH


def _number(figure: Figure) -> float:
    return float(figure.observed or 0.0)


def _title(figure: Figure) -> str:
    own = "" if figure.own is None else f", TensorFlow's own {figure.own:.2e}"
    return f"{figure.subject}: {figure.observed:.2e} of {figure.tolerance:.2e}{own}"


def _short(text: str) -> str:
    return text if len(text) <= 34 else "…" + text[-33:]


def _positive(value: float | None) -> float:
    if value is None or not math.isfinite(value):
        return 1.0
    return max(value, SMALLEST)


def _down(part: float) -> float:
    return HEIGHT - MARGIN - part * (HEIGHT - 2 * MARGIN)


def _dot(x: float, y: float, figure: Figure) -> str:
    kind = "dot" if figure.passed else "dot bad"
    label = f"{figure.subject}: TensorFlow {figure.scale:.3g}, port {figure.value:.3g}"
    title = f"<title>{escape(label)}</title>"
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="4.5">{title}</circle>'


def _frame(low: int, high: int, across: str, up: str) -> str:
    body = ""
    step = max(1, (high - low) // 6)
    for power in range(low, high + 1, step):
        part = (power - low) / (high - low)
        x, y = MARGIN + part * (WIDTH - 2 * MARGIN), _down(part)
        body += _line(x, _down(0.0), x, _down(1.0), "axis")
        body += _line(MARGIN, y, WIDTH - MARGIN, y, "axis")
        body += _text(x, HEIGHT - MARGIN + 16, f"1e{power}", "middle")
        body += _text(MARGIN - 8, y + 4, f"1e{power}", "end")
    body += _text(WIDTH / 2, HEIGHT - 8, across, "middle")
    turned = f'transform="rotate(-90 14 {HEIGHT / 2:.0f})"'
    return body + _text(14, HEIGHT / 2, up, "middle", turned)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line class="{kind}" {ends}/>'


def _text(x: float, y: float, text: str, anchor: str, more: str = "") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}'
    return f"<text {place}>{escape(text)}</text>"


def _svg(width: float, height: float, body: str, title: str) -> str:
    size = f'width="{width:.0f}" height="{height:.0f}"'
    box = f'viewBox="0 0 {width:.0f} {height:.0f}"'
    return f'<svg {size} {box} role="img" aria-label="{escape(title)}">{body}</svg>'
