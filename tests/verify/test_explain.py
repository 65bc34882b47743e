"""Every hint code has a page, and the page says what to do."""

from __future__ import annotations

import pytest

from tf2torch.diagnostics import Code, SourceError
from tf2torch.verify.explain import page


@pytest.mark.parametrize("code", list(Code), ids=lambda c: c.value)
def test_every_code_has_a_page(code: Code) -> None:
    text = page(code.value.lower())
    assert text.startswith(f"# {code.value}\n")
    for heading in ("## Example", "## Likely causes", "## What to do"):
        assert heading in text


def test_an_unknown_code_lists_the_known_ones() -> None:
    with pytest.raises(SourceError, match="NO_GRADIENT"):
        page("NO_SUCH_CODE")
