"""What a Python instance starts: everything else is in `_yunque`, a name that no function's own module has."""

import os
import sys


def main() -> None:
    """Never returns. By this name wrappers that are Python themselves start it, in their own process."""
    here = os.path.dirname(os.path.abspath(__file__))
    # PYTHONSAFEPATH, which a function may set, leaves it out.
    if here not in sys.path:
        sys.path.insert(0, here)

    from _yunque.main import main as live

    live()


if __name__ == "__main__":
    main()
