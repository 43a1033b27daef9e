import pytest

from pinejax.errors import SpaceError
from pinejax.search.narrowing import Choice, Interval, parse_setting


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("interval(5,20)", Interval(5, 20)),
        (" interval( 0.5 , 2 ) ", Interval(0.5, 2)),
        ("choice(3,5,8)", Choice((3, 5, 8))),
        ("choice(a, 'b', true)", Choice(("a", "b", True))),
        ([3, 5], Choice((3, 5))),
        ("7", 7),
        ("1.5", 1.5),
        ("true", True),
        (False, False),
        (9, 9),
        ("wide", "wide"),
    ],
)
def test_text_and_values_become_settings(given, expected):
    found = parse_setting("n", given)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("given", ["interval(5)", "interval(a,b)", "interval(1,2,3)", "choice()", "range(1,2)", "interval(true,2)"])
def test_broken_calls_are_refused_with_the_parameters_name(given):
    with pytest.raises(SpaceError, match=r"params\.n"):
        parse_setting("n", given)
