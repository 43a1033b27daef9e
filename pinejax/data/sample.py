"""The sample that pinejax ships: three synthetic symbols of 90 days of 5m bars. What makes them is `synth`."""

from __future__ import annotations

from pathlib import Path

from pinejax.data.manifest import Manifest
from pinejax.data.store import Store
from pinejax.data.synth import ALONE, Market, SynthSpec, describe_synthetic, generate
from pinejax.errors import DataError

SAMPLE = (
    SynthSpec("SYNTH_A", seed=101, price=42_000.0, tick_size=0.1, volatility_rate=0.025, volume=120.0),
    SynthSpec("SYNTH_B", seed=206, price=2_300.0, tick_size=0.01, volatility_rate=0.032, volume=1_500.0),
    SynthSpec("SYNTH_C", seed=304, price=0.62, tick_size=0.0001, volatility_rate=0.042, volume=900_000.0),
)


def write_synthetic(root: str | Path, specs: tuple[SynthSpec, ...] = SAMPLE, market: Market = ALONE) -> list[Manifest]:
    """Generate the specs' bars into the store under `root`.

    Errors: DataError where real bars are in their place, or specs of one correlated market differ in what they share.
    """
    shared = {(spec.timeframe, spec.n_bars, spec.start, spec.n_steps, spec.tail_dof) for spec in specs}
    if market.correlation > 0 and len(shared) > 1:
        raise DataError("synthetic market: expected symbols with the same timeframe, bars, start, steps and tails to correlate.")
    store = Store(Path(root).expanduser())
    for spec in specs:
        if store.has(spec.symbol, spec.timeframe) and not store.manifest(spec.symbol, spec.timeframe).synthetic:
            raise DataError(f"{spec.symbol} {spec.timeframe}: real bars are stored under this name. Give another --symbol or --root.")
    manifests = []
    for spec in specs:
        bars = generate(spec, market)
        manifest = describe_synthetic(spec, bars, market)
        store.write(bars, manifest)
        manifests.append(manifest)
    return manifests
