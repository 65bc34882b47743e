"""Ops that pass their value on: what they do beside that has no meaning in a port.

Checks and prints report to whoever trains with TensorFlow; debug identities belong
to its debugger. Two say something about gradients, and that is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call
from tf2torch.ir.nodes import Attr, Node
from tf2torch.rules.ruleset import RuleSet

rules = RuleSet("identity")


@rules.rule("Identity", "Snapshot", "DebugGradientIdentity", "DebugGradientRefIdentity")
@rules.rule("GuaranteeConst", "RefIdentity", "DeepCopy")
def identity(x: Node) -> Node:
    return x


@rules.rule("IdentityN")
def identity_n(xs: tuple[Node, ...]) -> tuple[Node, ...]:
    return xs


@rules.rule("StopGradient")
def stop_gradient(x: Node) -> Node:
    return call(".detach", x, type=x.type)


@dataclass(frozen=True)
class MessageAttrs:
    message: str | bytes = ""


@rules.rule("PreventGradient")
def prevent_gradient(x: Node, *, attrs: MessageAttrs) -> Node:
    """Its gradient is an error in TensorFlow, hence in the port."""
    return call("helper.prevent_gradient", x, type=x.type)


@rules.rule("CheckNumerics", "CheckNumericsV2")
def check_numerics(x: Node, *, attrs: MessageAttrs) -> Node:
    return x


@dataclass(frozen=True)
class PlaceholderAttrs:
    shape: Attr


@rules.rule("PlaceholderWithDefault")
def placeholder_with_default(x: Node, *, attrs: PlaceholderAttrs) -> Node:
    """One that is no input of the port is never fed."""
    return x


@dataclass(frozen=True)
class PrintAttrs:
    message: str | bytes
    first_n: int
    summarize: int


@rules.rule("Print")
def print_(x: Node, data: tuple[Node, ...], *, attrs: PrintAttrs) -> Node:
    return x


@dataclass(frozen=True)
class PrintV2Attrs:
    output_stream: str | bytes
    end: str | bytes


@rules.rule("PrintV2")
def print_v2(text: Node, *, attrs: PrintV2Attrs) -> tuple[Node, ...]:
    return ()


@dataclass(frozen=True)
class AssertAttrs:
    summarize: int


@rules.rule("Assert")
def assert_(
    condition: Node, data: tuple[Node, ...], *, attrs: AssertAttrs
) -> tuple[Node, ...]:
    return ()


@rules.rule("DisableCopyOnRead")
def disable_copy_on_read(handle: Node) -> tuple[Node, ...]:
    return ()


@rules.rule("NoOp", "ControlTrigger")
def no_op() -> tuple[Node, ...]:
    return ()


@dataclass(frozen=True)
class DebugAttrs:
    device_name: Attr = None
    tensor_name: Attr = None
    debug_urls: Attr = None
    debug_ops_spec: Attr = None
    gated_grpc: Attr = None
    tfdbg_context_id: Attr = None
    op_name: Attr = None
    output_slot: Attr = None
    tensor_debug_mode: Attr = None
    circular_buffer_size: Attr = None
    tfdbg_run_id: Attr = None
    io_of_node: Attr = None
    is_input: Attr = None
    io_index: Attr = None


@rules.rule("DebugIdentity", "DebugIdentityV2", "DebugIdentityV3", "Copy", "CopyHost")
def debug_identity(x: Node, *, attrs: DebugAttrs) -> Node:
    return x
