"""The life of an instance: it boots without knowing any function, becomes one, runs its invocations in order."""

from __future__ import annotations

import json
import os
import sys
from collections import deque

from . import frames
from .answer import Answers
from .become import become
from .channel import Channel
from .code_cache import CodeCache
from .crew import Crew
from .descriptors import keep_private
from .errors import error_payload
from .fence import DESCRIPTOR as FENCE
from .fence import fence_raised
from .handler import load_handler
from .hooks import run_after_restore, run_before_snapshot
from .invocation import Invocation
from .log import LogSink, set_up_logging
from .output import Output, end_lines, replace_streams
from .run import Runner
from .warm import warm_up

# Exit codes of Lambda's runtime client.
EXIT_INIT = 1
EXIT_BEFORE_SNAPSHOT = 64
EXIT_AFTER_RESTORE = 65


def main() -> None:
    """Never returns; the platform ends it, or the handler does."""
    channel = Channel()
    keep_private(FENCE)
    output = Output()
    replace_streams(output)
    if sys.argv[1:2] == [frames.AHEAD]:
        del sys.argv[1:]
        warm_up()
    channel.send(frames.BOOTED)
    Instance(channel, output).live()


class Instance:
    """Invocations strictly one after another, each started once or given back, never both."""

    def __init__(self, channel: Channel, output: Output) -> None:
        self._channel = channel
        self._output = output
        self._sink = LogSink(output)
        self._waiting: deque[Invocation] = deque()
        self._runner: Runner | None = None
        self._answers: Answers | None = None
        self._code: CodeCache | None = None
        self._running = 0

    def live(self) -> None:
        """Does what it is told, for ever."""
        try:
            while True:
                self._run_waiting()
                self._obey(*self._channel.read())
        finally:
            # Whoever is on the way here must not count as started.
            end_lines()
            self._channel.leave(self._running)

    def _run_waiting(self) -> None:
        waiting = self._waiting
        # Behind the fence: a recall is on its way, and will take what waits.
        while waiting and self._runner and not (waiting[0].in_line and fence_raised()):
            invocation = waiting.popleft()
            self._running = invocation.call
            self._runner.run(invocation)
            self._running = 0

    def _obey(self, kind: int, call: int, payload: bytes) -> None:
        if kind == frames.INVOKE:
            self._waiting.append(Invocation(call, payload))
        elif kind == frames.RECALL:
            self._give_back()
        elif kind == frames.SPECIALISE:
            self._become(json.loads(payload))
        elif kind == frames.RESTORE:
            self._restore()
        elif kind == frames.GIVE_CODE:
            self._give_code()

    def _give_back(self) -> None:
        calls = [invocation.call for invocation in self._waiting]
        self._waiting.clear()
        numbers = b"".join(call.to_bytes(4, "little") for call in calls)
        self._channel.send(frames.RETURNED, 0, numbers)

    def _become(self, told: dict) -> None:
        self._code = become(told)
        count = told.get("concurrency", 1)
        if count > 1:
            # Who is a fork of us has this channel no more.
            Crew(self._channel, self._output, count, lambda own: self._work(own, told)).live()
        self._load(told)

    def _work(self, channel: Channel, told: dict) -> None:
        """Runs invocations in a process of the crew."""
        self._channel = channel
        self._load(told)
        self.live()

    def _load(self, told: dict) -> None:
        self._answers = Answers(self._channel, self._output, told["responseBytes"])
        set_up_logging(self._sink, os.environ)
        try:
            # Wrappers may have put a handler of their own in front.
            handler = load_handler(os.environ.get("_HANDLER") or told["handler"])
        except Exception as error:
            raise self._failed(frames.INIT_FAILED, error, EXIT_INIT) from None
        if told["snapStart"]:
            try:
                run_before_snapshot()
            except BaseException as error:
                raise self._failed(frames.INIT_FAILED, error, EXIT_BEFORE_SNAPSHOT) from None
        self._runner = Runner(handler, told, self._answers, self._output, self._sink)
        end_lines()
        self._channel.send(frames.INITIALISED)

    def _give_code(self) -> None:
        for piece in self._code.pieces() if self._code else ():
            self._channel.send(frames.CODE, 0, piece)
        self._channel.send(frames.CODE)

    def _restore(self) -> None:
        try:
            run_after_restore()
        except BaseException as error:
            raise self._failed(frames.RESTORED, error, EXIT_AFTER_RESTORE) from None
        end_lines()
        self._channel.send(frames.RESTORED)

    def _failed(self, kind: int, error: BaseException, code: int) -> SystemExit:
        """Logs and tells the error; answers what ends the process."""
        payload = error_payload(error)
        end_lines()
        self._sink.error(payload)
        body = self._answers.error_body(payload) if self._answers else b"{}"
        self._channel.send(kind, 0, body)
        return SystemExit(code)
