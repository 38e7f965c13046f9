"""An invocation as the platform sends it; runtimes/wire/invoke-frame.ts writes it."""

from struct import Struct

# u8 flags, u8 and u16 and u16 and u32 lengths; then the texts, then the event.
FIXED = Struct("<BBHHI")
IN_LINE = 1


class Invocation:
    """What a handler is told of its invocation, and the event as it came: UTF-8 JSON."""

    __slots__ = ("arn", "call", "client_context", "event", "in_line", "request_id", "trace_id")

    def __init__(self, call: int, payload: bytes) -> None:
        flags, id_size, arn_size, trace_size, context_size = FIXED.unpack_from(payload)
        id_end = FIXED.size + id_size
        arn_end = id_end + arn_size
        trace_end = arn_end + trace_size
        context_end = trace_end + context_size
        self.call = call
        self.in_line = bool(flags & IN_LINE)
        self.request_id = payload[FIXED.size : id_end].decode("latin-1")
        self.arn = payload[id_end:arn_end].decode("latin-1")
        self.trace_id = payload[arn_end:trace_end].decode("latin-1")
        self.client_context = payload[trace_end:context_end].decode("utf-8", "replace")
        self.event = payload[context_end:]
