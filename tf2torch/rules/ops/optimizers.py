"""Steps of optimizers that a training graph holds: in place on variable and slots."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from tf2torch.ir.build import call, scalar_of
from tf2torch.ir.nodes import Arg, Call, Node
from tf2torch.rules.ops.state import UNKNOWN, plain, target
from tf2torch.rules.ruleset import Decline, RuleFunction, RuleSet

rules = RuleSet("optimizers")


@dataclass(frozen=True)
class StepAttrs:
    """Locking is about threads; one step never overlaps another in a port."""

    use_locking: bool = False


@dataclass(frozen=True)
class NesterovAttrs(StepAttrs):
    use_nesterov: bool = False


@dataclass(frozen=True)
class SlotAttrs(StepAttrs):
    update_slots: bool = True


@dataclass(frozen=True)
class LinearAttrs(StepAttrs):
    multiply_linear_by_lr: bool = False


def _flags(attrs: StepAttrs) -> dict[str, Arg]:
    """Attributes of the step that are not what they are by default."""
    usual = asdict(type(attrs)())
    chosen = {k: v for k, v in asdict(attrs).items() if v != usual[k]}
    return {k: v for k, v in chosen.items() if k != "use_locking"}


def _hyper_parameter(node: Node) -> Arg:
    number = scalar_of(node)
    return plain(node) if number is None else number


def step(helper: str, slots: int, names: str, attrs_type: type) -> RuleFunction:
    """``helper(state, grad, hyper-parameters by name)``; ``names`` are the operands."""

    def rule(*operands: Node, attrs: StepAttrs) -> Node | Decline:
        found = map(target, operands[: slots + 1])
        state = tuple(variable for variable in found if variable is not None)
        if len(state) != slots + 1:
            return UNKNOWN
        named = dict(zip(names.split(), operands[slots + 1 :], strict=True))
        grad = plain(named.pop("grad"))
        indices = named.pop("indices", None)
        rows = () if indices is None else (indices,)
        given = [(k, _hyper_parameter(v)) for k, v in named.items()]
        return Call(
            f"helper.{helper}",
            (state, grad, *rows),
            (*given, *_flags(attrs).items()),
            types=state[0].types,
        )

    rule.__annotations__["attrs"] = attrs_type
    return rule


@dataclass(frozen=True)
class Optimizer:
    """``names``: the operands after the slots; ``sparse``: those of the row-wise op."""

    name: str
    helper: str
    slots: int
    names: str
    attrs: type = StepAttrs
    sparse: str = ""


ADAM = "beta1_power beta2_power lr beta1 beta2 epsilon grad"
RMS_PROP = "lr rho momentum epsilon grad"
RATE = "apply_adagrad_v2_"
OPTIMIZERS = (
    Optimizer("Adadelta", "apply_adadelta_", 2, "lr rho epsilon grad", sparse="+"),
    Optimizer("Adagrad", "apply_adagrad_", 1, "lr grad", SlotAttrs, "+"),
    Optimizer("AdagradV2", RATE, 1, "lr epsilon grad", SlotAttrs, "+"),
    Optimizer(
        "AdagradDA",
        "apply_adagrad_da_",
        2,
        "grad lr l1 l2 global_step",
        sparse="grad indices lr l1 l2 global_step",
    ),
    Optimizer("Adam", "apply_adam_", 2, ADAM, NesterovAttrs),
    Optimizer("AdaMax", "apply_ada_max_", 2, "beta1_power lr beta1 beta2 epsilon grad"),
    Optimizer("AddSign", "apply_add_sign_", 1, "lr alpha sign_decay beta grad"),
    Optimizer("CenteredRMSProp", "apply_rms_prop_", 3, RMS_PROP, sparse="+"),
    Optimizer(
        "Ftrl",
        "apply_ftrl_",
        2,
        "grad lr l1 l2 lr_power",
        LinearAttrs,
        "grad indices lr l1 l2 lr_power",
    ),
    Optimizer(
        "FtrlV2",
        "apply_ftrl_",
        2,
        "grad lr l1 l2 l2_shrinkage lr_power",
        LinearAttrs,
        "grad indices lr l1 l2 l2_shrinkage lr_power",
    ),
    Optimizer(
        "Momentum",
        "apply_momentum_",
        1,
        "lr grad momentum",
        NesterovAttrs,
        "lr grad indices momentum",
    ),
    Optimizer("PowerSign", "apply_power_sign_", 1, "lr logbase sign_decay beta grad"),
    Optimizer(
        "ProximalAdagrad", "apply_proximal_adagrad_", 1, "lr l1 l2 grad", sparse="+"
    ),
    Optimizer(
        "ProximalGradientDescent",
        "apply_proximal_gradient_descent_",
        0,
        "alpha l1 l2 grad",
        sparse="+",
    ),
    Optimizer("RMSProp", "apply_rms_prop_", 2, RMS_PROP, sparse="+"),
)
RESOURCES_ONLY = (
    Optimizer("AdamWithAmsgrad", "apply_adam_", 3, ADAM),
    Optimizer(
        "KerasMomentum",
        "apply_keras_momentum_",
        1,
        "lr grad momentum",
        NesterovAttrs,
        "lr grad indices momentum",
    ),
)


def _add(optimizer: Optimizer, prefixes: tuple[str, ...]) -> None:
    o = optimizer
    names = f"{o.names} indices" if o.sparse == "+" else o.sparse
    for prefix in prefixes:
        rules.add(f"{prefix}Apply{o.name}", step(o.helper, o.slots, o.names, o.attrs))
        if names:
            sparse = step(o.helper, o.slots, names, o.attrs)
            rules.add(f"{prefix}SparseApply{o.name}", sparse)


for _optimizer in OPTIMIZERS:
    _add(_optimizer, ("", "Resource"))
for _optimizer in RESOURCES_ONLY:
    _add(_optimizer, ("Resource",))


@rules.rule("ApplyGradientDescent", "ResourceApplyGradientDescent")
def apply_gradient_descent(
    handle: Node, alpha: Node, delta: Node, *, attrs: StepAttrs
) -> Node | Decline:
    variable = target(handle)
    if variable is None:
        return UNKNOWN
    rate, grad = scalar_of(alpha), plain(delta)
    if rate is not None:
        return call(".sub_", variable, grad, alpha=rate, type=variable.type)
    change = call("*", plain(alpha), grad, type=grad.type)
    return call(".sub_", variable, change, type=variable.type)
