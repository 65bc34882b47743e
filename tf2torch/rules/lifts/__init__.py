"""Lifts: several torch-dialect nodes that are one torch idiom, written as one.

A lift is a function ``Node -> Node | None`` on a node whose operands are lifted
already; it matches from the result upwards and leaves shared inner values alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from tf2torch.ir.nodes import Node

Lift = Callable[[Node], Node | None]


def all_lifts(shared: Collection[Node] = ()) -> tuple[Lift, ...]:
    """Every lift, in the order in which they are tried on a node.

    ``shared`` holds nodes that several others read, or that are results: what is
    lifted over their heads would be computed twice.
    """
    return (*_plain_forms(shared), *_layers(), *_formulas(shared))


def _plain_forms(shared: Collection[Node]) -> tuple[Lift, ...]:
    """Spellings of TensorFlow brought to one form, which the others expect."""
    from tf2torch.rules.lifts import (
        bags,
        custom_gradients,
        embedding,
        masks,
        tidy,
        windows,
    )

    return (
        *windows.lifts(shared),
        tidy.neutral,
        tidy.reshapes,
        tidy.permutes,
        tidy.copies,
        tidy.parts_joined,
        tidy.repeats,
        lambda node: tidy.nested_cats(node, shared),
        tidy.zeros_chosen,
        custom_gradients.silu,
        masks.smaller_of_flags,
        masks.triangle,
        embedding.from_the_end,
        bags.bag,
        bags.lookup,
        bags.without_fillers,
    )


def _layers() -> tuple[Lift, ...]:
    """Normalisations."""
    from tf2torch.rules.lifts import (
        batch_norm,
        group_norm,
        join_affine,
        layer_norm,
        unit_norm,
    )

    return (
        batch_norm.batch_norm,
        layer_norm.layer_norm,
        layer_norm.rows_as_channels,
        group_norm.group_norm,
        join_affine.join_affine,
        unit_norm.normalize,
    )


def _formulas(shared: Collection[Node]) -> tuple[Lift, ...]:
    """Activations, dense layers and attention."""
    from tf2torch.rules.lifts import (
        activations,
        attention,
        dense,
        log_sum,
        signs,
        tidy,
    )

    return (
        log_sum.logsumexp,
        log_sum.softmax,
        signs.root_squared,
        activations.activation,
        activations.mish,
        dense.tensordot,
        dense.einsum_dense,
        dense.outer_product,
        dense.bias_before_heads,
        lambda node: attention.attention(node, shared),
        tidy.signs,  # last: formulas are matched as they were written
    )
