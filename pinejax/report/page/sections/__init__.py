"""The report's sections, one a module: `section(saved)` gives its HTML, None where there is nothing to show."""
