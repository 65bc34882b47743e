"""``report.html``: one file that opens from disk and needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from importlib.resources import files
from pathlib import Path

from tf2torch.diagnostics import Hint
from tf2torch.verify.gate import Figure
from tf2torch.verify.plots import error_bars, gradient_parity
from tf2torch.verify.provenance import Port
from tf2torch.verify.report import excess, summary
from tf2torch.verify.scoreboard import GateResult, Scoreboard

CONTEXT = 2  # lines of source around the line that a hint points at
LONGEST_EXCERPT = 24
PLOTTED = 40  # rows of the error plot: the worst ones


def write_html(board: Scoreboard, port: Port, path: Path) -> None:
    path.write_text(html(board, port), encoding="utf-8")


def html(board: Scoreboard, port: Port) -> str:
    css = (files("tf2torch.verify") / "pages" / "report.css").read_text("utf-8")
    body = "\n".join(
        [
            _header(board, port),
            _section("Score", _bars(board)),
            _section("Gates", _gates(board)),
            _section(f"Hints ({len(board.hints)})", _hints(board, port)),
            _section("How far the port is from TensorFlow", _errors(board)),
            _section("Gradients", _gradients(board)),
            _section("Not in the source", _absent(board)),
            _section("Verified regions", _verified(board, port)),
            _section("Every figure", _figures(board)),
        ]
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(board.port)} · verification</title>\n"
        f"<style>\n{css}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>" if body else ""


def _header(board: Scoreboard, port: Port) -> str:
    kind = "good" if board.passed else "bad"
    word = "verified" if board.passed else "not verified"
    source = f"{port.source.get('kind', '')} {port.source.get('path') or ''}".strip()
    signature = port.source.get("signature")
    named = f", signature <code>{escape(str(signature))}</code>" if signature else ""
    warning = "" if board.sandboxed else '<p class="warn">ran without a sandbox</p>'
    origin = f'<p class="soft">port of <code>{escape(source)}</code>{named}</p>'
    if board.channels_first:
        names = ", ".join(map(escape, board.channels_first))
        origin += f'<p class="soft">channels first: {names}</p>'
    score = f"{board.score:.1f} <small>of 100</small>"
    return (
        f'<header><div><p class="{kind} tag">{word}</p><h1>{escape(board.port)}</h1>'
        f'{origin}{warning}</div><div class="score {kind}">{score}</div></header>'
    )


def _bars(board: Scoreboard) -> str:
    rows = ""
    for dimension, part in board.dimensions.items():
        if part is None:
            track, number = '<span class="soft">not measured</span>', ""
        else:
            kind = "" if part == 1.0 else "warn" if part >= 0.5 else "bad"
            fill = f'<div class="fill {kind}" style="width:{part:.1%}"></div>'
            track, number = f'<div class="track">{fill}</div>', f"{part:.0%}"
        rows += f"<span>{dimension.value}</span>{track}<span>{number}</span>"
    return f'<div class="bars">{rows}</div>'


def _gates(board: Scoreboard) -> str:
    rows = []
    for gate in board.gates:
        good = sum(figure.passed for figure in gate.figures)
        count = f"{good} of {len(gate.figures)}" if gate.figures else ""
        notes = "".join(f'<p class="soft">{escape(note)}</p>' for note in gate.notes)
        found = escape(summary(gate)) if summary(gate) not in gate.notes else ""
        hard = "hard" if gate.hard else "soft"
        rows.append([_mark(gate), escape(gate.name), hard, count, found + notes])
    return _table(("", "gate", "", "checks", "what was found"), rows)


def _mark(gate: GateResult) -> str:
    if gate.skipped:
        return '<span class="soft">not run</span>'
    if not gate.passed:
        return '<span class="bad">failed</span>'
    whole = all(figure.passed for figure in gate.figures)
    return f'<span class="{"good" if whole else "warn"}">passed</span>'


def _hints(board: Scoreboard, port: Port) -> str:
    if not board.hints:
        return "<p>None.</p>"
    return "".join(_hint(hint, port) for hint in board.hints)


def _hint(hint: Hint, port: Port) -> str:
    numbers = [
        f"{name} {value}"
        for name, value in (
            ("observed", _brief(hint.observed)),
            ("expected", _brief(hint.expected)),
            ("tolerance", _brief(hint.tolerance)),
        )
        if value
    ]
    region = f" · {escape(hint.region)}" if hint.region else ""
    return (
        f'<div class="hint {hint.priority.name}"><p class="tag">{hint.priority.name} '
        f"{hint.code.value}{region}</p><h3>{escape(hint.message)}</h3>"
        f"<p>{escape(hint.fix)}</p>"
        f'<p class="soft">{escape(" · ".join(numbers))}</p>{_excerpt(hint, port)}</div>'
    )


def _brief(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value or "")


def _excerpt(hint: Hint, port: Port) -> str:
    """The lines that the hint points at, or else those of its region."""
    source = port.code.splitlines()
    pointed = [e.partition(":")[2] for e in hint.evidence if e.startswith("model.py:")]
    line = int(pointed[0]) if pointed and pointed[0].isdigit() else 0
    if line:
        first, last = line - CONTEXT, line + CONTEXT
    else:
        lines = [region.lines for region in port.regions if region.id == hint.region]
        first, last = lines[0] if lines else (0, 0)
    first, last = max(1, first), min(last, len(source), first + LONGEST_EXCERPT)
    if last < first or not (line or hint.region):
        return ""
    shown = []
    for number in range(first, last + 1):
        text = escape(f"{number:4}  {source[number - 1]}")
        shown.append(f'<span class="at">{text}</span>' if number == line else text)
    return "<pre>" + "\n".join(shown) + "</pre>"


def _errors(board: Scoreboard) -> str:
    figures = _named(board, "output error")
    worst = sorted(figures, key=excess, reverse=True)[:PLOTTED]
    plot = error_bars(worst)
    if not plot:
        return ""
    return (
        f"<figure>{plot}<figcaption>Largest error of each output over its scale, per "
        "input set. The yardstick is TensorFlow in float64; the dot is its own "
        "float32 error, the tick what is allowed.</figcaption></figure>"
    )


def _gradients(board: Scoreboard) -> str:
    plot = gradient_parity(_named(board, "gradient error"))
    if not plot:
        return ""
    return (
        f"<figure>{plot}<figcaption>One dot per variable or input; the dashed line is "
        "agreement.</figcaption></figure>"
    )


def _absent(board: Scoreboard) -> str:
    rows = "".join(f"<li>{escape(sentence)}</li>" for sentence in board.absent)
    return f"<ul>{rows}</ul>" if rows else ""


def _named(board: Scoreboard, name: str) -> list[Figure]:
    return [f for gate in board.gates for f in gate.figures if f.name == name]


def _verified(board: Scoreboard, port: Port) -> str:
    if not port.regions:
        return ""
    rows = []
    for region in port.regions:
        good = region.id in board.verified
        word = '<span class="good">verified</span>' if good else "—"
        places = ", ".join(path or "the whole model" for path in region.instances)
        rows.append([word, escape(region.id), escape(places)])
    return _table(("", "region", "where"), rows)


def _figures(board: Scoreboard) -> str:
    blocks = ""
    for gate in board.gates:
        rows = [
            [
                '<span class="good">✓</span>'
                if f.passed
                else '<span class="bad">✗</span>',
                escape(f.name),
                escape(f.subject),
                _brief(f.observed),
                _brief(f.tolerance),
                _brief(f.own),
                escape(f.note),
            ]
            for f in gate.figures
        ]
        if rows:
            headings = (
                "",
                "check",
                "of",
                "observed",
                "allowed",
                "TensorFlow's own",
                "",
            )
            table = _table(headings, rows)
            title = f"{gate.name}: {len(rows)}"
            blocks += f"<details><summary>{escape(title)}</summary>{table}</details>"
    return blocks


def _table(headings: Iterable[str], rows: Iterable[list[str]]) -> str:
    head = "".join(f"<th>{heading}</th>" for heading in headings)
    body = "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows
    )
    return (
        f'<div class="table"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
