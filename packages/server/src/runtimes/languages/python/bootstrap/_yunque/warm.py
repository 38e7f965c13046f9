"""What most functions import, imported before anybody knows which function this is: a process that waits has time."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable

# Modules of the standard library.
USUAL = (
    "typing",
    "datetime",
    "decimal",
    "uuid",
    "hashlib",
    "hmac",
    "base64",
    "random",
    "functools",
    "collections.abc",
    "dataclasses",
    "copy",
    "math",
    "pathlib",
    "urllib.parse",
    "io",
    "contextlib",
    "tempfile",
    "subprocess",
    "socket",
    "ssl",
    "http.client",
    "urllib.request",
    "concurrent.futures",
)

_extra: set[str] = set()


def warm_up() -> None:
    """Imports them all."""
    needed = set(sys.modules)
    for name in USUAL:
        try:
            importlib.import_module(name)
        except ImportError:
            continue  # a Python that was built without it
    _extra.update(set(sys.modules) - needed)


def forget_shadowed(directories: Iterable[str]) -> None:
    """A function's own module goes before one of the same name in the standard library, as if it had come first."""
    theirs: set[str] = set()
    for directory in directories:
        try:
            theirs.update(name.split(".")[0] for name in os.listdir(directory))
        except OSError:
            continue
    for name in _extra:
        if name.split(".")[0] in theirs:
            sys.modules.pop(name, None)
