"""Errors in the words of Lambda's Python runtime: what the caller gets, and what the log says."""

from __future__ import annotations

import os
import traceback
from types import TracebackType

_OURS = os.path.dirname(__file__) + os.sep


class Fault(Exception):
    """What Lambda calls `Runtime.` and something: the function could not be loaded, or its data could not be read."""

    def __init__(self, kind: str, message: str, stack: list[str] | None = None) -> None:
        super().__init__(message)
        self.kind = f"Runtime.{kind}"
        self.stack = stack or []


def error_payload(error: BaseException, request_id: str = "") -> dict:
    """The error object that a caller receives; never raises itself."""
    if isinstance(error, Fault):
        kind, stack = error.kind, error.stack
    else:
        kind, stack = type(error).__name__, stack_of(error.__traceback__)
    return {
        "errorMessage": _text(error),
        "errorType": kind,
        "requestId": request_id,
        "stackTrace": stack,
    }


def error_text(payload: dict) -> str:
    """What the text log shows of it. Lambda indents with no-break spaces, which its console keeps."""
    head = f"[ERROR] {payload['errorType']}"
    if payload["errorMessage"]:
        head += f": {payload['errorMessage']}"
    lines = [head, "Traceback (most recent call last):"]
    for entry in payload["stackTrace"]:
        for line in entry.splitlines():
            bare = line.lstrip(" ")
            lines.append("\u00a0" * (len(line) - len(bare)) + bare)
    return "\n".join(lines)


def stack_of(trace: TracebackType | None) -> list[str]:
    """From the first frame that is not ours."""
    frames = [(f.filename, f.lineno, f.name, f.line) for f in traceback.extract_tb(trace)]
    first = next((i for i, frame in enumerate(frames) if not frame[0].startswith(_OURS)), 0)
    return traceback.format_list(frames[first:])


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return f"<{type(error).__name__} that has no text>"
