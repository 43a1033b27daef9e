"""Looking at stored studies from the command line: `python -m pinejax.study`. How they are read: `pinejax.search.library`."""
