"""`hydra/launcher=ray`: the jobs of a multirun as tasks of a Ray cluster."""
