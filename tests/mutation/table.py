"""``python -m tests.mutation.table``: the figures and survivors of measured.json, as
docs/verifier.md has them.

``equivalents.json`` argues for each survivor why no verifier could reject it: that it
computes the same, or, where the reason begins with **unseen**, that what is different
is said nowhere in the source or shows on other machines alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
UNSEEN = "**unseen**"
LIVES = "**lives**"


def main() -> None:
    measured = json.loads((HERE / "measured.json").read_text("utf-8"))
    print("\n".join([*figures(measured), "", *rows(measured)]))


def reason(finding: dict[str, Any]) -> str:
    argued = json.loads((HERE / "equivalents.json").read_text("utf-8"))
    return str(argued.get(finding["model"], {}).get(finding["after"], ""))


def counts(measured: dict[str, Any]) -> dict[str, int]:
    """Survivors by what they are."""
    reasons = [reason(finding) for finding in measured["survivors"]]
    unseen = sum(r.startswith(UNSEEN) for r in reasons)
    lives = sum(not r or r.startswith(LIVES) for r in reasons)
    same = len(reasons) - unseen - lives
    return {"same": same, "unseen": unseen, "lives": lives}


def rate(measured: dict[str, Any], seen_only: bool) -> float:
    """Rejected mutants among those that are not the same."""
    alive = counts(measured)
    others = alive["lives"] + (0 if seen_only else alive["unseen"])
    killed: int = measured["killed"]
    return killed / (killed + others)


def figures(measured: dict[str, Any]) -> list[str]:
    alive, killed = counts(measured), measured["killed"]
    located = f"{measured['located']} of {killed}"
    return [
        f"- {measured['mutants']} mutants of {measured['models']} models",
        f"- {killed} rejected, {len(measured['survivors'])} passed: {alive['same']} "
        f"compute the same, {alive['unseen']} cannot be seen, {alive['lives']} live",
        f"- of those that are not the same {100 * rate(measured, False):.1f}% were "
        f"rejected, {100 * rate(measured, True):.1f}% without the unseen",
        f"- the flagged region is the mutated one in {located} "
        f"({100 * measured['located'] / killed:.1f}%)",
    ]


def rows(measured: dict[str, Any]) -> list[str]:
    found = ["| where | change | becomes | why it passes |", "|---|---|---|---|"]
    for finding in measured["survivors"]:
        why = reason(finding) or f"{LIVES}: not argued"
        where = f"{finding['model']}:{finding['line']}"
        found.append(
            f"| {where} | {finding['change']} | `{finding['after']}` | {why} |"
        )
    return found


if __name__ == "__main__":
    main()
