"""Special functions: gamma, beta, error and Bessel functions, integrals."""

from __future__ import annotations

from tf2torch.ir.build import call, scalar_of
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ruleset import Decline, RuleFunction, RuleSet

rules = RuleSet("special")
Types = tuple[TensorType, ...]


def function(func: str) -> RuleFunction:
    def rule(*operands: Node, out: Types) -> Node | Decline:
        if func.startswith("helper.") and out[0].dtype in ("float16", "bfloat16"):
            return Decline(f"the port computes it in float32 and float64 only: {func}")
        return call(func, *operands, type=out[0])

    return rule


rules.table(
    function,
    {
        "BesselI0": "torch.special.i0",
        "BesselI0e": "torch.special.i0e",
        "BesselI1": "torch.special.i1",
        "BesselI1e": "torch.special.i1e",
        "BesselJ0": "helper.bessel_j0",
        "BesselJ1": "helper.bessel_j1",
        "BesselK0": "helper.bessel_k0",
        "BesselK0e": "helper.bessel_k0e",
        "BesselK1": "helper.bessel_k1",
        "BesselK1e": "helper.bessel_k1e",
        "BesselY0": "helper.bessel_y0",
        "BesselY1": "helper.bessel_y1",
        "Betainc": "helper.betainc",
        "Dawsn": "helper.dawson",
        "Digamma": "helper.digamma",
        "Erf": "torch.erf",
        "Erfc": "torch.erfc",
        "Erfinv": "torch.erfinv",
        "Expint": "helper.expint",
        "FresnelCos": "helper.fresnel_cos",
        "FresnelSin": "helper.fresnel_sin",
        "Igamma": "helper.igamma",
        "IgammaGradA": "helper.igamma_grad_a",
        "Igammac": "helper.igammac",
        "Lgamma": "torch.lgamma",
        "Ndtri": "torch.special.ndtri",
        "RandomGammaGrad": "helper.gamma_sample_grad",
        "Spence": "helper.spence",
    },
)


@rules.rule("Polygamma")
def polygamma(a: Node, x: Node, *, out: Types) -> Node:
    """torch takes an order that is a Python number."""
    order = scalar_of(a) if a.rank == 0 else None
    if order is not None and order >= 1 and order == int(order):
        return call("torch.polygamma", int(order), x, type=out[0])
    return call("helper.polygamma", a, x, type=out[0])


@rules.rule("Zeta")
def zeta(x: Node, q: Node, *, out: Types) -> Node:
    """Neither library has the gradient of x; torch raises, TensorFlow gives none."""
    return call("torch.special.zeta", call(".detach", x, type=x), q, type=out[0])
