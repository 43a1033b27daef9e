"""Strategies that come with pinejax, one a file. Your own needs no place here: strategy=path/to/mine.py:MyStrategy."""
