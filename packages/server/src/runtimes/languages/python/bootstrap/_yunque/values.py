"""Events and responses: JSON as Lambda's Python runtime reads and writes it.

Lambda's runtime uses simplejson: a Decimal is a number, bytes are text, a named tuple is an object. The standard
library's encoder, which is in C, does the same with a little preparation."""

from __future__ import annotations

import json
import marshal
import os
import re
from decimal import Decimal
from typing import Any, Callable

from .errors import Fault

# Lambda: from python3.12 on characters are written as they are.
_ESCAPED = re.compile(r"python3\.([89]|1[01])$")


def read_event(event: bytes) -> Any:
    """The event of an invocation; without a payload it is an empty object."""
    if not event:
        return {}
    try:
        return json.loads(event.decode("utf-8"))
    except Exception as error:
        raise Fault("UnmarshalError", f"Unable to unmarshal input: {error}") from None


def response_writer(runtime: str) -> Callable[[Any], bytes]:
    """What turns a handler's response into bytes; `runtime` is for example python3.12."""
    encode = json_writer(escaped=bool(_ESCAPED.search(runtime)))

    def write(response: Any) -> bytes:
        if isinstance(response, bytes):
            return response
        try:
            return encode(response)
        except Exception as error:
            raise Fault("MarshalError", f"Unable to marshal response: {error}") from None

    return write


def json_writer(escaped: bool) -> Callable[[Any], bytes]:
    """An encoder to JSON bytes. Raises whatever stands in the way: a cycle, a key or a value that JSON has no word for."""
    # Stands for a Decimal in the text, where nobody who does not know it can have written it.
    token = f"decimal:{os.urandom(16).hex()}:"
    decimals = re.compile(f'"{token}([^"]*)"')
    seen = False

    def other(value: Any) -> Any:
        nonlocal seen
        if isinstance(value, Decimal):
            if value.is_nan():
                return float("nan")
            seen = True
            return token + str(value)
        if isinstance(value, bytes):
            return value.decode("utf-8")
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")

    encoder = json.JSONEncoder(ensure_ascii=escaped, default=other)

    def encode(value: Any) -> bytes:
        nonlocal seen
        seen = False
        text = _encode_with(encoder, value)
        return (decimals.sub(r"\1", text) if seen else text).encode("utf-8")

    return encode


def _encode_with(encoder: json.JSONEncoder, value: Any) -> str:
    if _is_plain(value):
        try:
            return encoder.encode(value)
        except TypeError:
            pass  # it may be a key of bytes
    return encoder.encode(_plain(value, ()))


def _is_plain(value: Any) -> bool:
    """Whether nothing in it is of a class of its own. Known at the speed of C: such things cannot be marshalled."""
    try:
        marshal.dumps(value, 2)
        return True
    except ValueError:
        return False


def _plain(value: Any, above: tuple) -> Any:
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


def _key(key: Any) -> Any:
    return key.decode("utf-8") if isinstance(key, bytes) else key
