"""Why a program has no native form."""


class NotLowered(Exception):
    """An operation that `pinejax.native` does not know: the engine then runs the program through XLA."""
