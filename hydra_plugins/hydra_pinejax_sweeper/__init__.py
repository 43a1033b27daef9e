"""`hydra/sweeper=pinejax`: `-m` as searches that belong together."""
