"""docs/configuration.md, the YAML in `conf/` and the dataclasses tell of the same keys, defaults, and what each means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.docs.keys import CLASSES, CONF, FLAGS, TOP, comments, default_file, in_words, keys, load
from tests.docs.pages import REPOSITORY, prose, rows

PAGE = REPOSITORY / "docs" / "configuration.md"


def _flat(tree: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            out |= _flat(value, f"{prefix}{key}.")
        else:
            out[f"{prefix}{key}"] = value
    return out


def _from_yaml() -> dict[str, Any]:
    top = {key: value for key, value in load(CONF / "config.yaml").items() if key not in ("defaults", "hydra")}
    found = {**top, "strategy": load(default_file("strategy"))["name"]}
    for group in CLASSES:
        found |= _flat(load(default_file(group)), f"{group}.")
    for kind in FLAGS:
        for path in sorted((CONF / kind).glob("*.yaml")):
            found |= _flat(load(path), f"{kind}.{path.stem}.")
    return found


def _from_code() -> dict[str, Any]:
    return {key.name: key.default for group in ("top", *CLASSES, *FLAGS) for key in keys(group)}


def test_yaml_has_the_keys_and_the_defaults_of_the_code_and_no_more() -> None:
    code, conf = _from_code(), _from_yaml()
    assert code.keys() == conf.keys(), (sorted(code.keys() - conf.keys()), sorted(conf.keys() - code.keys()))
    assert {key: conf[key] for key in code if conf[key] != code[key]} == {}


def test_page_lists_every_key_once_and_no_other() -> None:
    listed = [cells[0].strip("`") for cells in rows(PAGE) if re.fullmatch(r"`[\w.]+`", cells[0])]
    assert sorted(listed) == sorted(_from_code())


@pytest.mark.parametrize("group", ["top", *CLASSES, *FLAGS])
def test_every_key_says_what_it_means(group: str) -> None:
    silent = [key.name for key in keys(group) if not key.meaning]
    assert not silent, f"say it behind the key in conf/, then python -m tests.docs.generate: {silent}"


def test_meaning_is_the_comment_behind_a_key_and_the_indented_ones_below(tmp_path) -> None:
    path = tmp_path / "some.yaml"
    path.write_text('# not of a key\na: 1 # first,\n  # second\n# of the rest\nb: "" # text\nc:\n  d: null # inner\n  # not of d\ne: 2\n')
    assert comments(path) == {"a": "first, second", "b": "text", "c.d": "inner"}


def test_what_a_key_takes_is_told_in_words() -> None:
    assert in_words(float | None) == "number, null"
    assert in_words(int | float | str | None) == "number, text, null"
    assert in_words(bool) == "true, false"


def test_keys_of_no_group_are_those_of_the_tree() -> None:
    tree = load(CONF / "config.yaml")
    assert set(TOP) == {key for key in tree if key not in ("defaults", "hydra")} | {"strategy"}


def test_page_names_every_option_of_every_group() -> None:
    text = prose(PAGE)
    for group in ("data", "strategy", "broker", "objective", "hparams_search", "experiment", "debug"):
        for path in (CONF / group).glob("*.yaml"):
            assert f"`{group}={path.stem}`" in text, (group, path.stem)
