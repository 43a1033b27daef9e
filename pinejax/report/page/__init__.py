"""A run's report.html: one page that needs no network. `build` puts it together; each section of it is one module of `sections`."""
