"""What a Python instance starts: everything else is in `_yunque`, a name that no function's own module has."""

if __name__ == "__main__":
    import os
    import sys

    # PYTHONSAFEPATH, which a function may set, leaves it out.
    if os.path.dirname(__file__) not in sys.path:
        sys.path.insert(0, os.path.dirname(__file__))

    from _yunque.main import main

    main()
