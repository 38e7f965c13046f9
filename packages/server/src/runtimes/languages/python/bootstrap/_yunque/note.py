"""Says so in the function's log where it runs on another Python than it asked for."""

from __future__ import annotations

import os
import re
import sys

from .log import LogSink


def note_version(sink: LogSink) -> None:
    """One entry, whatever the function's log level is."""
    asked = re.search(r"python(\d+)\.(\d+)$", os.environ.get("AWS_EXECUTION_ENV", ""))
    if not asked or (int(asked[1]), int(asked[2])) == sys.version_info[:2]:
        return
    wanted, got = f"{asked[1]}.{asked[2]}", ".".join(map(str, sys.version_info[:3]))
    sink.note(f"this machine has no Python {wanted}: the function runs on {got}")
