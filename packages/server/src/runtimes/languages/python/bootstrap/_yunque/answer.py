"""What an instance answers: frames that end an invocation, each sent at once, before anything else is started."""

from __future__ import annotations

import re

from . import frames
from .channel import Channel
from .output import Output
from .values import json_writer

# Handlers shorter than this do not tell their memory: the question costs more than they can have used.
TELLING_US = 1000

_PEAK = re.compile(rb"VmHWM:\s*(\d+) kB")
_encode = json_writer(escaped=False)


class Answers:
    """One for each instance."""

    def __init__(self, channel: Channel, output: Output, response_bytes: int) -> None:
        self._channel = channel
        self._output = output
        self._most = response_bytes

    def result(self, call: int, micros: int, body: bytes) -> None:
        """Ends an invocation with its response. Longer than allowed: it becomes Function.ResponseSizeTooLarge."""
        if len(body) > self._most:
            return self._send(frames.ERROR, call, micros, self._too_large())
        self._send(frames.RESULT, call, micros, body)

    def error(self, call: int, micros: int, payload: dict) -> None:
        """Ends an invocation that failed."""
        body = self.error_body(payload)
        self._send(frames.ERROR, call, micros, body)

    def error_body(self, payload: dict) -> bytes:
        """The error object as JSON; one that is longer than a response may be is not sent."""
        try:
            body = _encode(payload)
        except UnicodeEncodeError:
            body = json_writer(escaped=True)(payload)
        return body if len(body) <= self._most else self._too_large()

    def _send(self, kind: int, call: int, micros: int, body: bytes) -> None:
        memory = _peak_kib() if micros >= TELLING_US else 0
        head = frames.OUTCOME.pack(min(micros, frames.MAX_U32), memory, self._output.entries)
        self._channel.send(kind, call, head + body)

    def _too_large(self) -> bytes:
        message = (
            f"Response payload size exceeded maximum allowed payload size ({self._most} bytes)."
        )
        return _encode({"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message})


def _peak_kib() -> int:
    """Not getrusage: its peak contains that of the process that started us."""
    try:
        with open("/proc/self/status", "rb", buffering=0) as status:
            found = _PEAK.search(status.read(4096))
    except OSError:
        return 0
    return int(found[1]) if found else 0
