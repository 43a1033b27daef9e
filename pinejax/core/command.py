"""How a command of a command line ends: its own exit code, or that of what broke it off. Not what it does."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from pinejax.core.secrets import without_passwords
from pinejax.errors import EXIT_INTERRUPTED, EXIT_USER, PinejaxError

EXIT_PIPE = 141
"""What shells give a program that ended because nobody read its output (128 + SIGPIPE)."""


def finish(command: Callable[[], int]) -> int:
    """Run the command; returns the exit code, with everything printed.

    The command's own; 2 for a user's mistake, told on stderr without passwords; 130 for Ctrl-C; 141 where nobody reads the output any more.
    """
    try:
        code = command()
        sys.stdout.flush()
        return code
    except PinejaxError as error:
        print(without_passwords(f"error: {error}"), file=sys.stderr)
        return EXIT_USER
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_PIPE
