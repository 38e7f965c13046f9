"""Runs one invocation: from the event's bytes to the answer's."""

from __future__ import annotations

import os
from collections.abc import Callable
from time import perf_counter_ns, time

from .answer import Answers
from .context import LambdaContext
from .errors import error_payload
from .invocation import Invocation
from .log import LogSink
from .output import Output, end_lines
from .values import read_event, response_writer

TRACE_ID = "_X_AMZN_TRACE_ID"


class Runner:
    """Has the handler, and what every invocation of it needs."""

    def __init__(
        self,
        handler: Callable[[object, object], object],
        told: dict,
        answers: Answers,
        output: Output,
        sink: LogSink,
    ) -> None:
        self._handler = handler
        self._timeout_ms = told["timeoutMs"]
        self._answers = answers
        self._output = output
        self._sink = sink
        self._write = response_writer(os.environ.get("AWS_EXECUTION_ENV", ""))

    def run(self, invocation: Invocation) -> None:
        """Runs and answers it. What is no Exception (such as sys.exit) ends the process, as in Lambda."""
        call = invocation.call
        self._output.begin(call)
        self._sink.request_id = invocation.request_id
        _set_trace(invocation.trace_id)
        began = perf_counter_ns()
        try:
            deadline = int(time() * 1000) + self._timeout_ms
            context = LambdaContext(invocation, deadline, self._sink.log)
            body = self._write(self._handler(read_event(invocation.event), context))
        except Exception as error:
            payload = error_payload(error, invocation.request_id)
            micros = (perf_counter_ns() - began) // 1000
            end_lines()
            self._sink.error(payload)
            self._answers.error(call, micros, payload)
        else:
            micros = (perf_counter_ns() - began) // 1000
            end_lines()
            self._answers.result(call, micros, body)


def _set_trace(trace_id: str) -> None:
    if trace_id:
        os.environ[TRACE_ID] = trace_id
    else:
        os.environ.pop(TRACE_ID, None)
