"""``summary.html``: a batch on one page that needs no network."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

from tf2torch.fleet.result import Outcome, Result
from tf2torch.fleet.summary import TOP, Summary, summarise

MIB = 1 << 20
TONES = {Outcome.FAILED: "warn", Outcome.UNPORTED: "warn"}
SCRIPT = """
const find = document.querySelector("#find"), rows = [...document.querySelectorAll(
  "#models tbody tr")];
let outcome = "";
const apply = () => rows.forEach(row => row.hidden = !(
  row.textContent.toLowerCase().includes(find.value.toLowerCase()) &&
  (!outcome || row.dataset.outcome === outcome)));
find.addEventListener("input", apply);
document.querySelectorAll("[data-filter]").forEach(button =>
  button.addEventListener("click", () => {
    outcome = outcome === button.dataset.filter ? "" : button.dataset.filter;
    document.querySelectorAll("[data-filter]").forEach(other => other.setAttribute(
      "aria-pressed", other.dataset.filter === outcome));
    apply();
  }));
"""


def write(results: Iterable[Result], registry: str, path: Path) -> None:
    """Write the page whole or not at all."""
    found = sorted(results, key=lambda r: (r.outcome.is_good, r.name))
    beside = path.with_name(f".{path.name}.part")
    beside.write_text("\n".join(_page(found, registry, path.parent)), "utf-8")
    beside.replace(path)


def _page(results: Sequence[Result], registry: str, base: Path) -> Iterator[str]:
    summary = summarise(results)
    style = (Path(__file__).parent / "page.css").read_text("utf-8")
    yield '<!doctype html><html lang="en"><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(registry)} in PyTorch</title><style>{style}</style>"
    yield from _head(summary, registry)
    yield from _outcomes(summary)
    yield from _reasons(summary)
    yield '<div class="two">'
    yield from _bars("Missing ops", summary.missing, {}, summary.models)
    yield from _bars("Hints", summary.hints, summary.fixes, summary.models)
    yield "</div>"
    yield from _models(results, base)
    yield f"<script>{SCRIPT}</script></html>"


def _head(summary: Summary, registry: str) -> Iterator[str]:
    share = summary.good / summary.models if summary.models else 0.0
    hours = summary.seconds / 3600
    time = f"{hours:.1f} h" if hours >= 1 else f"{summary.seconds / 60:.1f} min"
    yield f"<header><div><h1>{escape(registry)}</h1>"
    yield f'<p class="soft">{summary.models} models, {time} of work'
    yield f"{f', {summary.reused} unchanged' if summary.reused else ''}</p></div>"
    unproven = summary.outcomes.get(Outcome.CONVERTED.value, 0)
    word = "ported, not all verified" if unproven else "verified"
    yield f'<div class="score">{summary.good}<small> of {summary.models} {word} '
    yield f"({share:.0%})</small></div></header>"


def _outcomes(summary: Summary) -> Iterator[str]:
    yield '<div class="stack" role="img" aria-label="models by outcome">'
    for outcome, count in summary.outcomes.items():
        yield f'<i class="{_tone(Outcome(outcome))}" style="flex:{count}"></i>'
    yield '</div><div class="chips">'
    for outcome, count in summary.outcomes.items():
        tone = _tone(Outcome(outcome))
        yield f'<button data-filter="{outcome}" aria-pressed="false">'
        yield f'<b class="{tone}">{count}</b> {outcome}</button>'
    yield "</div>"


def _reasons(summary: Summary) -> Iterator[str]:
    if not summary.reasons:
        return
    yield "<h2>Why the others are not</h2>"
    yield '<div class="table"><table><tbody>'
    for (outcome, reason), names in summary.reasons.items():
        tone = _tone(Outcome(outcome))
        listed = escape(", ".join(names))
        yield f'<tr><td class="number">{len(names)}</td>'
        yield f'<td class="{tone}">{outcome}</td><td>{escape(reason) or "–"}'
        yield f'<p class="soft few" title="{listed}">{listed}</p></td></tr>'
    yield "</tbody></table></div>"


def _bars(
    title: str, counts: dict[str, int], notes: dict[str, str], models: int
) -> Iterator[str]:
    yield f"<section><h2>{title}</h2>"
    if not counts:
        yield '<p class="soft">none</p></section>'
        return
    yield '<div class="bars">'
    for name, count in list(counts.items())[:TOP]:
        width = 100 * count / models
        yield f"<code>{escape(name)}</code>"
        yield f'<div class="track"><div class="fill" style="width:{width:.1f}%">'
        yield f"</div></div><span>{count}</span>"
        if name in notes:
            yield f'<p class="soft note">{escape(notes[name])}</p>'
    yield "</div></section>"


def _models(results: Sequence[Result], base: Path) -> Iterator[str]:
    yield '<div class="row"><h2>Models</h2><input id="find" type="search" '
    yield 'placeholder="name, owner, reason" aria-label="filter models"></div>'
    yield '<div class="table"><table id="models"><thead><tr>'
    for heading in ("model", "owner", "outcome", "score", "time", "memory", "reason"):
        numeric = heading in {"score", "time", "memory"}
        yield f"<th{' class=number' if numeric else ''}>{heading}</th>"
    yield "</tr></thead><tbody>"
    for result in results:
        yield from _row(result, base)
    yield "</tbody></table></div>"


def _row(result: Result, base: Path) -> Iterator[str]:
    score = "" if result.score is None else f"{result.score:g}"
    outcome = result.outcome.value
    yield f'<tr data-outcome="{outcome}"><td>{_link(result, base)}</td>'
    yield f"<td>{escape(result.owner)}</td>"
    yield f'<td class="{_tone(result.outcome)}">{outcome}</td>'
    yield f'<td class="number">{score}</td>'
    yield f'<td class="number">{result.seconds:.1f} s</td>'
    yield f'<td class="number">{result.memory / MIB:,.0f} MiB</td>'
    yield f"<td>{escape(_remark(result))}</td></tr>"


def _link(result: Result, base: Path) -> str:
    """The name, leading to the port's own report where there is one."""
    for name in ("report.html", "model.py"):
        target = Path(result.folder or ".") / name
        if result.folder and target.is_file():
            path = Path(os.path.relpath(target, base)).as_posix()
            return f'<a href="{escape(path)}">{escape(result.name)}</a>'
    return escape(result.name)


def _remark(result: Result) -> str:
    words = [result.reason] if result.reason else []
    if not result.outcome.has_port and result.stage:
        words.append(f"while: {result.stage}")
    if result.published:
        words.append(f"published as {result.published}")
    return "; ".join(words)


def _tone(outcome: Outcome) -> str:
    return "good" if outcome.is_good else TONES.get(outcome, "bad")
