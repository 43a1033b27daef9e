"""A run's or a sweep's folder as small objects for notebooks and scripts: Polars frames, figures, HTML. They only read."""
