"""The colours of the page: enough contrast to be read (WCAG 2.2, AA), and a gain that is no loss to colour-blind eyes."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from pinejax.report.page import build

STYLE = (Path(build.__file__).parent / "assets/page.css").read_text(encoding="utf-8")
TEXT = ("ink", "soft", "gain", "loss", "accent", "good", "bad", "unsure")
SHAPES = ("mark", "hold", "faint", "candle")
LEAST_TEXT, LEAST_SHAPE = 4.5, 3.0
# Machado, Oliveira and Fernandes 2009, severity 1: linear RGB as protanopes, deuteranopes and tritanopes see it.
BLIND = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
LEAST_APART = 0.25
"""Of linear RGB, whose black and white are 1.73 apart."""


def colours(theme: str) -> dict[str, str]:
    start = ":root {" if theme == "light" else ':root[data-theme="dark"] {'
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", STYLE.partition(start)[2].partition("}")[0]))


def linear(colour: str) -> np.ndarray:
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    light, dark = sorted((float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_shapes_stand_out_from_every_background(theme: str):
    known = colours(theme)
    for name, ground in product(TEXT, ("paper", "wash", "box")):
        assert contrast(known[name], known[ground]) >= LEAST_TEXT, (name, ground)
    for name in SHAPES:
        assert contrast(known[name], known["paper"]) >= LEAST_SHAPE, name


@pytest.mark.parametrize("kind", BLIND)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_gain_is_no_loss_to_colour_blind_eyes(theme: str, kind: str):
    known = colours(theme)
    gain, loss = (np.clip(np.array(BLIND[kind]) @ linear(known[name]), 0, 1) for name in ("gain", "loss"))
    assert float(np.linalg.norm(gain - loss)) > LEAST_APART
