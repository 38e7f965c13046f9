"""Byte code of a function's modules, kept from one instance for the next ones: /var/task cannot be written to, so that
each of them would compile all sources again. It comes from an instance of the same function with the same code.

    MARK | u32 LE length of the head | head | code of each file, marshalled

The head is JSON: the interpreter's magic number, and of each file where its code is, and its CRC-32."""

from __future__ import annotations

import _imp
import json
import marshal
import mmap
from binascii import crc32
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from importlib.util import MAGIC_NUMBER
from struct import Struct
from types import CodeType

MARK = b"YQP1"
START = Struct("<4sI")
# Less is compiled quicker than it is read, more is not taken.
LEAST_BYTES = 16 * 1024
MOST_BYTES = 16 * 2**20
PIECE_BYTES = 256 * 1024


class CodeCache:
    """Compiles modules below `roots` with what `file` has, if there is one; else remembers them where `keep`."""

    def __init__(self, file: str | None, keep: bool, roots: list[str]) -> None:
        self._roots = [root.rstrip("/") + "/" for root in roots]
        self._known: dict = {}
        self._codes = memoryview(b"")
        self._compiled: dict[str, CodeType] = {}
        self._keep = keep
        if file is not None:
            self._read(file)
        if file is not None or keep:
            self._install()

    def pieces(self) -> Iterator[bytes]:
        """What there is to keep, in pieces, once; none where it is not worth it."""
        codes = {key: marshal.dumps(code) for key, code in self._compiled.items()}
        self._keep = False
        self._compiled.clear()
        files, end = {}, 0
        for key, code in codes.items():
            files[key] = [end, end + len(code), crc32(code)]
            end += len(code)
        head = json.dumps({"magic": MAGIC_NUMBER.hex(), "files": files}).encode()
        whole = b"".join([START.pack(MARK, len(head)), head, *codes.values()])
        if end < LEAST_BYTES or len(whole) > MOST_BYTES:
            return
        for at in range(0, len(whole), PIECE_BYTES):
            yield whole[at : at + PIECE_BYTES]

    def _install(self) -> None:
        original = SourceFileLoader.get_code

        def get_code(loader: SourceFileLoader, name: str) -> CodeType | None:
            path = loader.get_filename(name)
            key = self._key(path)
            if key is None:
                return original(loader, name)
            code = self._find(key, path)
            if code is None:
                code = original(loader, name)
                if self._keep and code is not None:
                    self._compiled[key] = code
            return code

        SourceFileLoader.get_code = get_code  # type: ignore[method-assign]

    def _key(self, path: str) -> str | None:
        """The same wherever the function lies."""
        for number, root in enumerate(self._roots):
            if path.startswith(root):
                return f"{number}/{path[len(root) :]}"
        return None

    def _find(self, key: str, path: str) -> CodeType | None:
        start, end, checksum = self._known.get(key, (0, 0, 0))
        bytes_ = self._codes[start:end]
        if not bytes_ or crc32(bytes_) != checksum:
            return None
        code = marshal.loads(bytes_)
        _imp._fix_co_filename(code, path)
        return code

    def _read(self, file: str) -> None:
        """What was made by another version, or is damaged, counts as nothing."""
        try:
            with open(file, "rb") as opened:
                whole = memoryview(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))
            mark, size = START.unpack_from(whole)
            head = json.loads(bytes(whole[START.size : START.size + size]))
            if mark == MARK and head["magic"] == MAGIC_NUMBER.hex():
                self._known = head["files"]
                self._codes = whole[START.size + size :]
        except Exception:
            self._known = {}
