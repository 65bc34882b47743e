"""What an endpoint may do wrong: each has a clear message, and the port is kept."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tf2torch.repair.providers import Answer, Failure, ProviderError, Request
from tf2torch.repair.providers.openai import OpenAI

SERVER: Any = sys.modules["repair_endpoint"]  # conftest.py has loaded it
DOUBLES: Any = sys.modules["repair_loop_doubles"]
REQUEST = Request("Bad", DOUBLES.FIXED, (DOUBLES.HINT,), DOUBLES.MODEL, ("Good",))
GOOD = f"Here it is.\n\n```python\n{DOUBLES.FIXED}```\n"
KEY = "key-that-nobody-may-see"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MY_KEY", KEY)
    yield


def ask(url: str, **options: Any) -> tuple[Answer | None, list[float]]:
    pauses: list[float] = []
    provider = OpenAI(
        "canned", url, "MY_KEY", retries=2, sleep=pauses.append, **options
    )
    return provider.propose(REQUEST), pauses


def test_an_answer_is_the_one_block_and_its_price() -> None:
    with SERVER.serving(GOOD) as (endpoint, url):
        answer, _ = ask(url, price=(1.0, 10.0))
    assert answer is not None and answer.code == DOUBLES.FIXED
    assert answer.tokens == 120 and answer.cost == pytest.approx(0.0003)
    assert endpoint.keys == [f"Bearer {KEY}"]
    sent = endpoint.asked[0]["messages"]
    assert json.loads(answer.prompt) == sent and KEY not in json.dumps(sent)


@pytest.mark.parametrize(
    "reply, note",
    [
        ("no block at all", "0 code blocks"),
        (GOOD + GOOD, "2 code blocks"),
        ("truncated " + GOOD, "truncated"),
        ("", "0 code blocks"),
    ],
)
def test_a_malformed_answer_says_so(reply: str, note: str) -> None:
    with SERVER.serving(reply) as (_, url):
        answer, _ = ask(url)
    assert answer is not None and answer.code is None and note in answer.note


@pytest.mark.parametrize(
    "reply",
    ["cut in the middle " * 9, "hang up", (503, {"message": "busy"}), (429, {})],
)
def test_what_passes_by_itself_is_tried_again(reply: Any) -> None:
    with SERVER.serving(reply, GOOD) as (endpoint, url):
        answer, pauses = ask(url)
    assert answer is not None and answer.code == DOUBLES.FIXED
    assert len(endpoint.asked) == 2 and len(pauses) == 1


@pytest.mark.parametrize(
    "reply, failure, words, tries",
    [
        ((401, {"message": KEY}), Failure.REFUSED, "the key is wrong", 1),
        ((404, {"message": "no model"}), Failure.REFUSED, "no such model", 1),
        ((429, {"message": "slow down"}), Failure.QUOTA, "rate limit", 3),
        ((500, {"message": "oops"}), Failure.UNREACHABLE, "the endpoint fails", 3),
        ("cut here", Failure.UNREACHABLE, "stream was cut", 3),
    ],
)
def test_what_does_not_pass_is_told(
    reply: Any, failure: Failure, words: str, tries: int
) -> None:
    with SERVER.serving(reply) as (endpoint, url):
        with pytest.raises(ProviderError) as caught:
            ask(url)
    assert caught.value.failure is failure and words in str(caught.value)
    assert KEY not in str(caught.value) and len(endpoint.asked) == tries


def test_no_network_is_told() -> None:
    with pytest.raises(ProviderError) as caught:
        ask("http://127.0.0.1:9/v1")
    assert caught.value.failure is Failure.UNREACHABLE


def test_a_context_that_is_too_small_gets_a_shorter_prompt() -> None:
    error = {"message": "too long", "code": "context_length_exceeded"}
    with SERVER.serving((400, error), GOOD) as (endpoint, url):
        answer, _ = ask(url)
    assert answer is not None and answer.code == DOUBLES.FIXED
    long, short = (len(str(sent["messages"])) for sent in endpoint.asked)
    assert short < long
    with SERVER.serving((400, error)) as (_, url):
        with pytest.raises(ProviderError, match="does not fit"):
            ask(url)


def test_an_echoed_key_is_taken_out() -> None:
    with SERVER.serving(GOOD.replace("Here", KEY)) as (_, url):
        answer, _ = ask(url)
    assert answer is not None and KEY not in answer.text + answer.prompt
