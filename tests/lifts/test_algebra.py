"""Sums of products: one form for every way to write a formula."""

from __future__ import annotations

from fractions import Fraction

from tf2torch.ir.build import call, const
from tf2torch.ir.nodes import Input, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.lifts.algebra import ONE, Algebra, Sum, equal, product

X = Input("x", types=(TensorType("float32", (2, 3)),))
Y = Input("y", types=(TensorType("float32", (3,)),))


def binary(func: str, left: Node | float, right: Node | float) -> Node:
    return call(func, left, right, type=X.type)


def expand(node: Node) -> Sum:
    found = Algebra().expand(node)
    assert found is not None
    return found


def test_products_are_multiplied_out() -> None:
    x, y = Algebra().atom(X), Algebra().atom(Y)
    node = binary("*", binary("+", X, 3.0), binary("-", X, Y))
    wanted = {
        product((x, 2)): 1.0,
        product(x, y): -1.0,
        product(x): 3.0,
        product(y): -3.0,
    }
    assert equal(expand(node), wanted)


def test_what_cancels_is_gone() -> None:
    assert equal(expand(binary("-", binary("+", X, Y), X)), expand(Y))
    assert expand(binary("-", X, X)) == {}


def test_powers_and_roots() -> None:
    y = Algebra().atom(Y)
    root = call("torch.rsqrt", Y, type=Y.type)
    assert equal(expand(root), {product((y, Fraction(-1, 2))): 1.0})
    assert equal(expand(binary("/", 1.0, call("torch.sqrt", Y, type=Y))), expand(root))
    cube = call("torch.pow", X, 3.0, type=X.type)
    assert equal(expand(cube), expand(binary("*", X, binary("*", X, X))))


def test_a_root_of_a_square_is_no_identity() -> None:
    square = call("torch.square", X, type=X.type)
    root = call("torch.sqrt", square, type=X.type)
    assert not equal(expand(root), expand(X))


def test_numbers_are_close_in_float32_only() -> None:
    tenth = const(0.1, "float32")
    assert equal(expand(binary("*", X, tenth)), expand(binary("*", 0.1, X)))
    assert not equal(expand(binary("*", X, 0.1001)), expand(binary("*", 0.1, X)))


def test_leading_ones_do_not_matter_and_others_do() -> None:
    row = call(".unsqueeze", Y, 0, type=Y.type.with_shape((1, 3)))
    column = call(".unsqueeze", Y, 1, type=Y.type.with_shape((3, 1)))
    assert equal(expand(row), expand(Y))
    assert not equal(expand(column), expand(Y))


def test_long_sums_are_given_up() -> None:
    node: Node = X
    for _ in range(7):
        node = binary("*", binary("+", node, 3.0), binary("-", X, Y))
    assert Algebra().expand(node) is None
    assert Algebra([node]).expand(node) is not None


def test_zero_is_the_empty_sum() -> None:
    assert expand(const(0.0, "float32")) == {}
    assert expand(const(2.0, "float32")) == {ONE: 2.0}
