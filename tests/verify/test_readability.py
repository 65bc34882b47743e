"""The fifteen criteria: what a person wrote holds them, what none would does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tf2torch.verify.readability import CAUSES, measure

REFERENCES = Path(__file__).parents[2] / "bench" / "readability" / "references"
GOOD = (REFERENCES / "unet.py").read_text("utf-8")

# A change that a reader would mind → the criterion that it breaks.
WORSE = {
    "names": ("skips = []", "conv2d_37 = skips = []"),
    "literals": ("x = self.middle(x)", "x = self.middle(x)[:, :64]"),
    "batch": ("x = self.middle(x)", "x = self.middle(x).reshape(2, -1)"),
    "portable": ("import torch\n", "import torch\nimport tensorflow\n"),
    "eps": ("eps=1e-3, ", ""),
    "typed": ("def forward(self, image: Tensor)", "def forward(self, image)"),
    "layout": (
        "x = self.middle(x)",
        "x = self.middle(x.permute(0, 2, 3, 1)).permute(0)",
    ),
    "training": ("x = self.middle(x)", "x = F.dropout(self.middle(x), 0.5, True)"),
    "idiom": ("x = self.middle(x)", "x = x * torch.rsqrt(x)"),
}
BREAKS = {
    "names": 4, "literals": 5, "batch": 6, "portable": 13, "eps": 11, "typed": 14,
    "layout": 9, "training": 12, "idiom": 10,
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(REFERENCES.glob("*.py")), ids=lambda p: p.stem)
def test_what_a_person_wrote_holds_all(path: Path) -> None:
    found = measure(path.read_text("utf-8"))
    assert [(c.name, c.why) for c in found.criteria if not c.holds] == []


@pytest.mark.parametrize("case", WORSE)
def test_a_worse_file_is_told(case: str) -> None:
    old, new = WORSE[case]
    assert old in GOOD
    found = measure(GOOD.replace(old, new))
    missed = [c.number for c in found.criteria if not c.holds]
    assert missed == [BREAKS[case]]


def test_long_forwards_and_ruff_count() -> None:
    lines = "\n".join("        x = self.middle(x)" for _ in range(40))
    long = GOOD.replace("        x = self.middle(x)", lines)
    missed = {
        c.number: c.why for c in measure(long, findings=2).criteria if not c.holds
    }
    assert set(missed) == {3, 15}
    assert "lines" in missed[3]


def test_a_miss_is_a_sentence_in_the_report() -> None:
    long = GOOD.replace(*WORSE["idiom"])
    (sentence,) = measure(long).to_json()["misses"]
    assert sentence.startswith(
        "criterion 10 (the idiom, not its expansion): torch.rsqrt"
    )
    assert sentence.endswith("so that no layer fits")
    assert set(CAUSES) == {c.number for c in measure(GOOD, findings=0).criteria}


@pytest.mark.parametrize(
    "text",
    ["f(x", "a\0b", "(" * 300, "x = " + "-" * 10_000 + "1", "x = a" + ".b" * 20_000],
)
def test_what_is_no_program_is_not_measured(text: str) -> None:
    found = measure(text)
    assert found.criteria == () and found.to_json()["misses"] == []
