"""Runs what a function registered with snapshot_restore_py, wherever it got that module from."""

from __future__ import annotations

import sys


def run_before_snapshot() -> None:
    """The last registered first; what one of them raises ends it."""
    hooks = _registered("get_before_snapshot")
    while hooks:
        func, args, kwargs = hooks.pop()
        func(*args, **kwargs)


def run_after_restore() -> None:
    """The first registered first; what one of them raises ends it."""
    for func, args, kwargs in _registered("get_after_restore"):
        func(*args, **kwargs)


def _registered(getter: str) -> list:
    """Who never imported the module has no hooks."""
    module = sys.modules.get("snapshot_restore_py")
    return getattr(module, getter)() if module else []
