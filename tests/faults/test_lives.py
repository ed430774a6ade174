"""What befalls the client itself, in both shells."""

from __future__ import annotations

import pytest

from tests.faults.lives import LIVES, Life
from tests.faults.stage import Kind, leaks

SHOWS = [pytest.param(life, kind, id=f"{life.id}-{kind}") for life in LIVES for kind in life.kinds]


@pytest.mark.parametrize(("life", "kind"), SHOWS)
def test_a_life(life: Life, kind: Kind) -> None:
    ended = life.scene(kind)
    assert ended.said == life.said
    assert (ended.error, ended.fault, ended.retryable) == (life.error, life.fault, life.retryable)
    assert ended.exit_code == life.exit_code
    assert ended.took <= life.at_most
    assert leaks(ended.texts) == []
