"""`logging` as Lambda's Python runtime sets it up, and the log lines of errors:
https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html"""

from __future__ import annotations

import json
import logging
import time
import traceback
from collections.abc import Mapping

from .errors import error_text
from .output import Output

TEXT_FORMAT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
SECONDS = "%Y-%m-%dT%H:%M:%S"

# What every record has; anything else came as `extra`.
_STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime", "aws_request_id", "taskName"}
_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


class LogSink:
    """Where log lines go. `request_id` is that of the current invocation."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self.request_id = ""
        self.json = False

    def log(self, message: str) -> None:
        """One entry, whatever lines it has."""
        text = message[:-1] if message.endswith("\n") else message
        self._output.entry(text.encode("utf-8", "backslashreplace"))

    def error(self, payload: dict) -> None:
        """An error that ended an invocation or the instance."""
        if not self.json:
            return self.log(error_text(payload))
        stamp = time.strftime(f"{SECONDS}Z", time.gmtime())
        self.log(_encode({"timestamp": stamp, "level": "ERROR", **payload}))


class LambdaLoggerHandler(logging.Handler):
    """The handler of the root logger; libraries know it by this name and its `log_sink`."""

    def __init__(self, log_sink: LogSink) -> None:
        super().__init__()
        self.log_sink = log_sink

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.log_sink.log(self.format(record))
        except Exception:
            self.handleError(record)


class LambdaLoggerFilter(logging.Filter):
    """Gives every record the request id, for any formatter."""

    def __init__(self, log_sink: LogSink) -> None:
        super().__init__()
        self._log_sink = log_sink

    def filter(self, record: logging.LogRecord) -> bool:
        record.aws_request_id = self._log_sink.request_id
        return True


class JsonFormatter(logging.Formatter):
    """A record as one JSON object, with what the caller gave as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "timestamp": self.formatTime(record, f"{SECONDS}Z"),
            "level": logging.getLevelName(min(50, max(0, record.levelno)) // 10 * 10),
            "message": record.msg
            if isinstance(record.msg, dict) and not record.args
            else record.getMessage(),
            "logger": record.name,
            **_exception(record),
            "requestId": getattr(record, "aws_request_id", None),
        }
        for name, value in vars(record).items():
            if name not in _STANDARD:
                fields.setdefault(name, value)
        return _encode({name: value for name, value in fields.items() if value is not None}) + "\n"


def set_up_logging(sink: LogSink, environment: Mapping[str, str]) -> None:
    """Gives the root logger Lambda's handler, by AWS_LAMBDA_LOG_FORMAT and AWS_LAMBDA_LOG_LEVEL."""
    logging.Formatter.converter = time.gmtime
    sink.json = environment.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
    handler = LambdaLoggerHandler(sink)
    handler.setFormatter(JsonFormatter() if sink.json else logging.Formatter(TEXT_FORMAT, SECONDS))
    handler.addFilter(LambdaLoggerFilter(sink))
    root = logging.getLogger()
    root.addHandler(handler)
    level = environment.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    level = "DEBUG" if level == "TRACE" else level
    if isinstance(logging.getLevelName(level), int):
        root.setLevel(level)


def _exception(record: logging.LogRecord) -> dict[str, object]:
    if not record.exc_info:
        return {}
    kind, value, trace = record.exc_info
    return {
        "stackTrace": traceback.format_tb(trace),
        "errorType": kind.__name__ if kind else None,
        "errorMessage": str(value) if value else None,
        "location": f"{record.pathname}:{record.funcName}:{record.lineno}",
    }
