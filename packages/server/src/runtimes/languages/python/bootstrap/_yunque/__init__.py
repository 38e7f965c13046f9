"""What runs inside of a Python instance: it boots without knowing any function, is told to become one, runs its
invocations one after another. Python 3.8 and later, the standard library alone."""
