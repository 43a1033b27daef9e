"""Bars on disk and the way from files to feeds: import, store, resample, align. No engine, no JAX, no search."""

from pinejax.data.check import check_feed
from pinejax.data.feed import load_feed
from pinejax.data.ingest import import_files
from pinejax.data.manifest import Manifest
from pinejax.data.snapshot import open_snapshot, read_snapshot
from pinejax.data.store import Store, open_store

__all__ = ["Manifest", "Store", "check_feed", "import_files", "load_feed", "open_snapshot", "open_store", "read_snapshot"]
