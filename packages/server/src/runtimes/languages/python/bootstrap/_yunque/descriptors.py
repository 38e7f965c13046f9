"""Files that are this process's alone: what a handler starts or forks must not answer in our name."""

from __future__ import annotations

import os

_private: list[int] = []


def keep_private(descriptor: int) -> None:
    """Nothing that is started, and no fork, has it."""
    os.set_inheritable(descriptor, False)
    _private.append(descriptor)


def _close_all() -> None:
    """Once: a child of the child may have a file of its own there."""
    while _private:
        os.close(_private.pop())


os.register_at_fork(after_in_child=_close_all)
