"""Declarations of inputs: what a condition may look at."""

from __future__ import annotations

from typing import Any

import pytest

from pinejax.core.inputs import Strategy, input
from pinejax.errors import StrategyError


def declare(**inputs: Any) -> type[Strategy]:
    """A strategy of these inputs, in this order."""
    return type("Mine", (Strategy,), inputs)


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (
            {"mult": input.float(2.0, low=1, high=3, active_if="use_stop"), "use_stop": input.bool(True)},
            "'use_stop', which is declared after it",
        ),
        ({"mult": input.float(2.0, low=1, high=3, active_if="use_stpo")}, "'use_stpo', which is no declared input"),
        ({"n": input.int(2, low=1, high=3), "mult": input.float(2.0, low=1, high=3, active_if="n")}, "'n', which is no switch"),
        (
            {"use_stop": input.bool(True), "mult": input.float(2.0, low=1, high=3, active_if=lambda v: v.use_stpo)},
            r"looks at 'use_stpo', which is no input declared before it\. Did you mean use_stop\?",
        ),
    ],
)
def test_a_condition_looks_at_inputs_that_are_declared_before(inputs: dict[str, Any], said: str) -> None:
    with pytest.raises(StrategyError, match=said):
        declare(**inputs)


def test_a_condition_of_an_earlier_switch_or_of_several_inputs_is_taken() -> None:
    made = declare(
        use_stop=input.bool(True),
        n=input.int(2, low=1, high=3),
        mult=input.float(2.0, low=1, high=3, active_if="use_stop"),
        far=input.float(1.0, low=1, high=3, active_if=lambda v: v.use_stop and v.n > 1),
    )
    assert made.complete({"use_stop": False, "mult": 3.0})["mult"] == 2.0
    assert made.complete({"n": 1, "far": 3.0})["far"] == 1.0
