"""Makes a generic process the one that a function expects: its environment, its directory, its module path."""

from __future__ import annotations

import importlib
import os
import site
import sys
import time

from .warm import forget_shadowed

RUNTIME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def become(told: dict) -> None:
    """`told` is a Specialisation; runtimes/wire/frames.ts describes it."""
    standard = _standard_path()
    if not told["wrapped"]:
        _replace_environment(told["environment"])
    os.chdir(told["taskRoot"])
    layers = os.path.join(told["layers"], "python")
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    packages = os.path.join(layers, "lib", version, "site-packages")
    # Lambda: the function, its layers, the runtime's own, the standard library.
    own = [told["taskRoot"], packages, layers, *_python_path()]
    sys.path[:] = _once([*own, RUNTIME, *standard])
    importlib.invalidate_caches()
    forget_shadowed(own)
    # The interpreter was started without `site`, which would have let in the host's packages.
    site.setquit()
    site.setcopyright()
    site.sethelper()


def _standard_path() -> list[str]:
    """What the interpreter itself brings."""
    theirs = {RUNTIME, *_python_path()}
    return [entry for entry in sys.path if entry not in theirs]


def _python_path() -> list[str]:
    return [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]


def _replace_environment(environment: dict) -> None:
    """Nothing of what the process was started with remains."""
    for name in list(os.environ):
        if name not in environment:
            del os.environ[name]
    os.environ.update(environment)
    time.tzset()


def _once(entries: list[str]) -> list[str]:
    return list(dict.fromkeys(entries))
