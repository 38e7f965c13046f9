"""Hooks around a SnapStart snapshot, by the names that functions import:
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html

Each registers a function with its arguments, and answers the function, so that it serves as a decorator too."""

from typing import Any, Callable, List, Tuple

__all__ = ["register_after_restore", "register_before_snapshot"]

Hook = Tuple[Callable[..., Any], Tuple[Any, ...], dict]

_before_snapshot: List[Hook] = []
_after_restore: List[Hook] = []


def register_before_snapshot(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable:
    """Runs before the snapshot is taken, the last registered first."""
    _before_snapshot.append((func, args, kwargs))
    return func


def register_after_restore(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable:
    """Runs after a restore, the first registered first."""
    _after_restore.append((func, args, kwargs))
    return func


def get_before_snapshot() -> List[Hook]:
    """What was registered, in that order."""
    return _before_snapshot


def get_after_restore() -> List[Hook]:
    """What was registered, in that order."""
    return _after_restore
