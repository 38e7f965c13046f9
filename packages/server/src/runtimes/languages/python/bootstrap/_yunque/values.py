"""Events and responses: JSON as Lambda's Python runtime reads and writes it.

Lambda's runtime uses simplejson: a Decimal is a number, bytes are text, a named tuple is an object. The standard
library's encoder, which is in C, does the same with a little preparation."""

from __future__ import annotations

import json
import marshal
import os
import re
import sys
from collections.abc import Callable

from .errors import Fault

# Lambda: from python3.12 on characters are written as they are.
_ESCAPED = re.compile(r"python3\.([89]|1[01])$")


def read_event(event: bytes) -> object:
    """The event of an invocation; without a payload it is an empty object."""
    if not event:
        return {}
    try:
        return json.loads(event.decode("utf-8"))
    except Exception as error:
        raise Fault("UnmarshalError", f"Unable to unmarshal input: {error}") from None


def response_writer(runtime: str) -> Callable[[object], bytes]:
    """What turns a handler's response into bytes; `runtime` is for example python3.12."""
    encode = json_writer(escaped=bool(_ESCAPED.search(runtime)))

    def write(response: object) -> bytes:
        if isinstance(response, bytes):
            return response
        try:
            return encode(response)
        except Exception as error:
            raise Fault("MarshalError", f"Unable to marshal response: {error}") from None

    return write


def json_writer(escaped: bool) -> Callable[[object], bytes]:
    """An encoder to JSON bytes. Raises whatever stands in the way: a cycle, what JSON has no word for."""
    # Stands for a Decimal in the text, where nobody who does not know it can have written it.
    token = f"decimal:{os.urandom(16).hex()}:"
    decimals = re.compile(f'"{token}([^"]*)"')
    seen = False

    def other(value: object) -> object:
        nonlocal seen
        if _is_decimal(value):
            if value.is_nan():
                return float("nan")
            seen = True
            return token + str(value)
        if isinstance(value, bytes):
            return value.decode("utf-8")
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")

    encoder = json.JSONEncoder(ensure_ascii=escaped, default=other)

    def encode(value: object) -> bytes:
        nonlocal seen
        seen = False
        text = _encode_with(encoder, value)
        return (decimals.sub(r"\1", text) if seen else text).encode("utf-8")

    return encode


def _is_decimal(value: object) -> bool:
    """Whoever has one has imported the module; nobody else needs to wait for it."""
    decimal = sys.modules.get("decimal")
    return decimal is not None and isinstance(value, decimal.Decimal)


def _encode_with(encoder: json.JSONEncoder, value: object) -> str:
    if _is_plain(value):
        try:
            return encoder.encode(value)
        except TypeError:
            pass  # it may be a key of bytes
    return encoder.encode(_plain(value, ()))


def _is_plain(value: object) -> bool:
    """Whether nothing in it is of a class of its own. Known at the speed of C: such things cannot be marshalled."""
    try:
        marshal.dumps(value, 2)
        return True
    except ValueError:
        return False


def _plain(value: object, above: tuple) -> object:
    """Named tuples as objects, and keys of bytes as text. `above`: the identities of what it lies in."""
    if not isinstance(value, (dict, list, tuple)):
        return value
    if id(value) in above:
        raise ValueError("Circular reference detected")
    above = (*above, id(value))
    if isinstance(value, dict):
        return {_key(key): _plain(item, above) for key, item in value.items()}
    if isinstance(value, tuple) and callable(getattr(value, "_asdict", None)):
        return _plain(value._asdict(), above)
    return [_plain(item, above) for item in value]


def _key(key: object) -> object:
    return key.decode("utf-8") if isinstance(key, bytes) else key
