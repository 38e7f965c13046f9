"""Standard output and error as entries of the log, each with the number of its invocation in front: see
runtimes/wire/log-record.ts. Whatever else writes there (child processes, native code) is plain output."""

from __future__ import annotations

import fcntl
import io
import os
import sys
import threading
from struct import Struct

STDOUT = 1
MARK = b"\x1eYQ\x00"
SIZES = Struct("<II")
# CloudWatch Logs: one event is at most 256 KB.
MAX_TEXT = 256 * 1024


class Output:
    """Writes entries, synchronously: nothing is lost when the handler never returns or the process dies."""

    def __init__(self) -> None:
        self.call = 0
        """Whose entries these are; kept after the invocation, for threads that run on."""
        self.entries = 0
        """How many the current invocation has written."""
        self._framed = True
        self.lock = threading.RLock()
        """Held while something is written: handlers have threads."""
        self._turns: int | None = None
        """A file that whoever writes has locked, where several processes write entries."""
        os.register_at_fork(after_in_child=self._forked)

    def share(self) -> None:
        """From now on several processes write entries: what is longer than a pipe takes at once would be mixed."""
        self._turns = os.memfd_create("yunque-turns", os.MFD_CLOEXEC)

    def frame(self) -> None:
        """In a fork that runs invocations itself: it writes entries, as the one before it."""
        self._framed = True

    def begin(self, call: int) -> None:
        """From now on entries belong to this invocation."""
        with self.lock:
            self.call = call
            self.entries = 0

    def entry(self, text: bytes) -> None:
        """One entry, however many lines it has; cut at 256 KB."""
        if len(text) > MAX_TEXT:
            text = text[: _character_end(text, MAX_TEXT)]
        with self.lock:
            if not self._framed:
                return self.plain(STDOUT, text + b"\n")
            self.entries += 1
            self._write(STDOUT, MARK + SIZES.pack(len(text), self.call) + text)

    def line(self, text: bytes) -> None:
        """A line, as several entries where it is long."""
        while len(text) > MAX_TEXT:
            end = _character_end(text, MAX_TEXT)
            self.entry(text[:end])
            text = text[end:]
        if text:
            self.entry(text)

    def plain(self, descriptor: int, text: bytes) -> None:
        """Bytes as they are."""
        with self.lock:
            self._write(descriptor, text)

    def _write(self, descriptor: int, data: bytes) -> None:
        if self._turns is not None and self._framed:
            fcntl.lockf(self._turns, fcntl.LOCK_EX)
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except OSError:
            pass  # whoever closed it wants no output
        finally:
            if self._turns is not None and self._framed:
                fcntl.lockf(self._turns, fcntl.LOCK_UN)

    def _forked(self) -> None:
        """The platform counts the entries of the process that answers, and of no other."""
        self._framed = False
        self.lock = threading.RLock()


class LineWriter(io.RawIOBase):
    """The bytes below sys.stdout or sys.stderr: each line that ends becomes an entry at once."""

    def __init__(self, output: Output, descriptor: int) -> None:
        super().__init__()
        self._output = output
        self._descriptor = descriptor
        self._rest = b""

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def write(self, data) -> int:  # type: ignore[override]
        data = bytes(data)
        with self._output.lock:
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                self._output.line(line)
            if len(self._rest) > MAX_TEXT:
                self.end_line()
        return len(data)

    def flush(self) -> None:
        """A line that has not ended goes out as it is, so that what follows continues it."""
        with self._output.lock:
            rest, self._rest = self._rest, b""
            if rest:
                self._output.plain(self._descriptor, rest)

    def end_line(self) -> None:
        """A line that has not ended ends now: its invocation is over."""
        with self._output.lock:
            rest, self._rest = self._rest, b""
            self._output.line(rest)


def replace_streams(output: Output) -> None:
    """sys.stdout and sys.stderr become writers of entries."""
    for name, descriptor, errors in (("stdout", 1, "strict"), ("stderr", 2, "backslashreplace")):
        writer = LineWriter(output, descriptor)
        stream = io.TextIOWrapper(writer, encoding="utf-8", errors=errors, write_through=True)
        stream.mode = "w"  # as the interpreter's own
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
        _writers.append(writer)


def end_lines() -> None:
    """What was written without an end of line is over with its invocation."""
    for writer in _writers:
        writer.end_line()


_writers: list[LineWriter] = []


def _character_end(text: bytes, most: int) -> int:
    """The last end of a character within the bound."""
    end = most
    while end > 0 and text[end] & 0xC0 == 0x80:
        end -= 1
    return end or most
