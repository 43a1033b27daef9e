"""The commands of `python -m pinejax.data`, a module each: arguments and what is printed. The work is done elsewhere in `pinejax.data`."""
