"""Whether what stands in line may be started; languages/node/bootstrap/fence.ts says how it works."""

import os

DESCRIPTOR = 4


def open_fence() -> None:
    """Keeps the fence to this process: nothing that a handler starts or forks has it."""
    os.set_inheritable(DESCRIPTOR, False)
    os.register_at_fork(after_in_child=lambda: os.close(DESCRIPTOR))


def fence_raised() -> bool:
    """Whether invocations that stood in line may not be started now."""
    try:
        return os.pread(DESCRIPTOR, 1, 0) != b"\0"
    except OSError:
        return True
