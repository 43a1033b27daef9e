"""The probes' strategies. With what settings each was exported: `tests.parity.registry`."""
