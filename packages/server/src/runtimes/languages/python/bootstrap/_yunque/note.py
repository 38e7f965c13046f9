"""Says so in the function's log where it runs on another Python than it asked for."""

from __future__ import annotations

import logging
import os
import platform
import re
import sys

from .log import LambdaLoggerHandler


def note_version(handler: LambdaLoggerHandler) -> None:
    """One entry, whatever the function's log level is."""
    asked = re.search(r"python(\d+)\.(\d+)$", os.environ.get("AWS_EXECUTION_ENV", ""))
    if not asked or (int(asked[1]), int(asked[2])) == sys.version_info[:2]:
        return
    text = f"This machine has no Python {asked[1]}.{asked[2]}: the function runs on {platform.python_version()}."
    handler.handle(
        logging.makeLogRecord(
            {"name": "yunque", "levelno": logging.WARNING, "levelname": "WARNING", "msg": text}
        )
    )
