"""pinejax.data.sample: the bundled sample is what the generator makes"""

from __future__ import annotations

import pytest

from pinejax.data.sample import SAMPLE
from pinejax.data.store import open_store
from pinejax.data.synth import SynthSpec, describe_synthetic, generate


@pytest.mark.parametrize("spec", SAMPLE, ids=[spec.symbol for spec in SAMPLE])
def test_the_generator_reproduces_the_bundled_bars_and_manifest(spec: SynthSpec) -> None:
    store = open_store(None)
    bars = generate(spec)
    assert store.load(spec.symbol, spec.timeframe).equals(bars)
    assert store.manifest(spec.symbol, spec.timeframe) == describe_synthetic(spec, bars)


def test_the_sample_is_small_and_labelled_synthetic() -> None:
    store = open_store(None)
    assert sum(path.stat().st_size for path in store.root.rglob("*") if path.is_file()) < 4_000_000
    assert all(manifest.synthetic and manifest.n_rows == 25_920 for _, _, manifest in store.datasets())
