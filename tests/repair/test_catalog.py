"""Rewrites of the catalogue: before and after."""

from __future__ import annotations

import pytest

from tf2torch.diagnostics import Code, Hint, Priority
from tf2torch.repair.facts import Facts, Lowering
from tf2torch.repair.providers import Request, Tried
from tf2torch.repair.providers.catalog import Catalog
from tf2torch.repair.rewrites import gradients, padding, settings, stable
from tf2torch.repair.rewrites.rewriting import rewritten

STABLE = {
    "torch.log(x.softmax(-1))": "x.log_softmax(-1)",
    "torch.log(torch.softmax(x, 1))": "F.log_softmax(x, 1)",
    "torch.log(1.0 + x)": "torch.log1p(x)",
    "torch.log(torch.sigmoid(x))": "F.logsigmoid(x)",
    "torch.exp(x) - 1.0": "torch.expm1(x)",
    "torch.log(torch.exp(x).sum(1))": "torch.logsumexp(x, 1)",
    "torch.log1p(torch.exp(x))": "F.softplus(x)",
    "torch.log(torch.exp(x) + 1.0)": "F.softplus(x)",
    "torch.exp(x) / torch.exp(x).sum(1, keepdim=True)": "torch.softmax(x, 1)",
}
OTHERS = {
    "x.detach()": "x",
    "torch.round(x)": "x + (torch.round(x) - x).detach()",
    "torch.sign(a + b)": "(a + b) + (torch.sign(a + b) - (a + b)).detach()",
    "(x > 0).float()": "x + ((x > 0).float() - x).detach()",
    "nn.ZeroPad2d((1, 0, 1, 0))": "nn.ZeroPad2d((0, 1, 0, 1))",
    "F.pad(x, (1, 2))": "F.pad(x, (2, 1))",
}
REWRITES = (*stable.REWRITES, *gradients.REWRITES, *padding.REWRITES)
HEAD = "class A(nn.Module):\n    def __init__(self):\n        "


def all_of(code: str) -> list[str]:
    return [made for rewrite in REWRITES for made in rewritten(code, rewrite)]


@pytest.mark.parametrize("before, after", [*STABLE.items(), *OTHERS.items()])
def test_before_and_after(before: str, after: str) -> None:
    assert f"y = {after}\n" in all_of(f"y = {before}\n")


@pytest.mark.parametrize("code", ["torch.log(x)", "torch.exp(x) / y", "F.pad(x, p)"])
def test_what_fits_nothing_is_left_alone(code: str) -> None:
    assert all_of(f"y = {code}\n") == []


def test_a_rewrite_is_also_tried_at_each_place_alone() -> None:
    made = list(rewritten("y = a.detach() + b.detach()\n", gradients.attach))
    assert made == [
        "y = a + b\n",
        "y = a + b.detach()\n",
        "y = a.detach() + b\n",
    ]


@pytest.mark.parametrize(
    "evidence, before, after",
    [
        ("eps=0.001 of a.norm (now 1e-05)", "nn.LayerNorm(8)", "(8, eps=0.001)"),
        ("eps=0.001 of a.norm (now 1)", "nn.LayerNorm(8, eps=1.0)", "(8, eps=0.001)"),
        ("padding (0, 1) of norm (now (1, 0))", "nn.ZeroPad1d((1, 0))", "((0, 1))"),
        ("approximate='tanh' of norm", "nn.GELU()", "(approximate='tanh')"),
        ("SiLU() at x.norm (now ReLU())", "nn.ReLU()", "SiLU()"),
    ],
)
def test_the_setting_of_a_hypothesis(evidence: str, before: str, after: str) -> None:
    hint = Hint(
        Code.OUTPUT_MISMATCH, Priority.P1, "A", "", "",
        evidence=(f"it agrees with {evidence}",),
    )  # fmt: skip
    code = f"{HEAD}self.norm = {before}\n        self.other = nn.Linear(1, 1)\n"
    made = list(settings.proposals(code, [hint]))
    assert any(f"{after}\n        self.other = nn.Linear(1, 1)" in m for m in made)


def test_text_that_is_no_literal_proposes_nothing() -> None:
    words = "it agrees with eps=__import__('os') of norm (now 1)"
    hint = Hint(Code.OUTPUT_MISMATCH, Priority.P1, "A", "", "", evidence=(words,))
    assert list(settings.proposals(f"{HEAD}self.norm = nn.GELU()\n", [hint])) == []


def test_each_entry_is_offered_once_and_only_what_stands() -> None:
    own = "def f(x):\n    return x\n"
    lowerings = (
        Lowering("the compiler's own text", own),
        Lowering("wants a helper", "def f(x):\n    return helper(x)\n"),
        Lowering("closed", why="no torch source for ONNX Loop"),
        Lowering("another", "def f(x):\n    return 1 * x\n"),
    )
    facts = Facts("f", lowerings=lambda: iter(lowerings))
    code = "def f(x):\n    return x + 1\n"
    tried: tuple[Tried, ...] = ()
    offered = []
    while True:
        request = Request("f", code, (), code, (), tried, facts=facts)
        answer = Catalog().propose(request)
        if answer is None:
            break
        offered.append(answer.text)
        tried += (Tried(answer.code or "", "no better"),)
    assert offered == ["the compiler's own text", "another"]
