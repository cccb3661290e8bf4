"""Who games the method is recognised, and who is framed by it is not: each strategy of the
simulator, seed 1.
"""

from __future__ import annotations

import pytest

from gamers import assessed, faults, simulator, strategies

pytestmark = pytest.mark.skipif(simulator() is None, reason="the simulator is not beside this")


@pytest.mark.parametrize("name", strategies())
def test_a_strategy_comes_out_as_it_should(name: str) -> None:
    assert faults(name, assessed(name, 1)) == []
