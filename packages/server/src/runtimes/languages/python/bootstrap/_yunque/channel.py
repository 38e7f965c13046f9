"""The instance's end of the frames: file descriptor 3. When the platform is gone, so are we."""

from __future__ import annotations

import os

from .descriptors import keep_private
from .frames import HEADER, LEAVING

DESCRIPTOR = 3
BUFFER_BYTES = 64 * 1024


class Channel:
    """Blocking reads, and writes that are over when they return."""

    def __init__(self, descriptor: int = DESCRIPTOR) -> None:
        self.descriptor = descriptor
        os.set_blocking(descriptor, True)
        keep_private(descriptor)
        self._reader = open(descriptor, "rb", buffering=BUFFER_BYTES, closefd=False)

    def read(self) -> tuple[int, int, bytes]:
        """Waits for a frame: its kind, its invocation, its payload."""
        length, kind, call = HEADER.unpack(self._exactly(HEADER.size))
        return kind, call, self._exactly(length)

    def send(self, kind: int, call: int = 0, payload: bytes = b"") -> None:
        """Sends a frame at once."""
        rest = memoryview(HEADER.pack(len(payload), kind, call) + payload)
        try:
            while rest:
                rest = rest[os.write(self.descriptor, rest) :]
        except OSError:
            os._exit(1)

    def leave(self, call: int) -> None:
        """Says that the process is about to end by itself, and which invocation ends with it (0: none)."""
        self.send(LEAVING, call)

    def _exactly(self, size: int) -> bytes:
        try:
            data = self._reader.read(size)
        except OSError:
            os._exit(1)
        if len(data) < size:
            os._exit(0)
        return data
