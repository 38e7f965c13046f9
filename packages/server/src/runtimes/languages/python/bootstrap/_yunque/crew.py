"""Several invocations at once: as Lambda does, in processes of which each runs one at a time. They are forks of this one,
which hands the invocations out and what they answer back.

Each loads the function for itself, so that nothing of the handler's is shared but /tmp."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable

from . import frames
from .channel import Channel
from .invocation import Invocation
from .output import Output, end_lines

READ_BYTES = 256 * 1024
# A worker that has closed its channel is about to exit: it may take so long before it is killed.
LEAVING_SECONDS = 0.5
# So many load the function at a time: more of them would only make the first one late.
STARTING = 2
# More entries than there are: the platform reads whatever there is before it tells the caller.
UNCOUNTED = frames.MAX_U32


class Frames:
    """What comes over one of several channels, whichever has something."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._rest = bytearray()

    def read(self) -> list[tuple[int, int, bytes]] | None:
        """The frames that are complete; None where no more will come. Only where there is something to read."""
        try:
            data = os.read(self._descriptor, READ_BYTES)
        except OSError:
            data = b""
        if not data:
            return None
        rest = self._rest
        rest += data
        found = []
        at, size = 0, frames.HEADER.size
        while len(rest) - at >= size:
            length, kind, call = frames.HEADER.unpack_from(rest, at)
            end = at + size + length
            if len(rest) < end:
                break
            found.append((kind, call, bytes(rest[at + size : end])))
            at = end
        del rest[:at]
        return found


class Worker:
    """The dispatcher's end of one process."""

    def __init__(self, pid: int, end: socket.socket) -> None:
        self.pid = pid
        self.end = end
        self.ready = False
        self.running: tuple[int, str, float] | None = None
        self.frames = Frames(end.fileno())

    def send(self, kind: int, call: int = 0, payload: bytes = b"") -> bool:
        """Only to one that waits for it: then it reads, and we do not wait. False where it is gone."""
        try:
            self.end.sendall(frames.HEADER.pack(len(payload), kind, call) + payload)
        except OSError:
            return False
        return True


class Crew:
    """The processes of one instance."""

    def __init__(
        self, channel: Channel, output: Output, count: int, work: Callable[[Channel], None]
    ) -> None:
        """`work` is what each of them does with its channel, for ever."""
        self._channel = channel
        self._output = output
        self._work = work
        # It says nothing before the init is over: its own reader has nothing left.
        self._told = Frames(channel.descriptor)
        self._count = count
        self._workers: dict[int, Worker] = {}
        self._waiting: deque[tuple[Invocation, bytes]] = deque()
        self._poll = select.poll()
        self._initialised = False
        self._asked_for_code = False
        output.share()

    def live(self) -> None:
        """Does what it is told, for ever."""
        descriptor = self._channel.descriptor
        self._poll.register(descriptor, select.POLLIN)
        self._hire()
        while True:
            for found, _event in self._poll.poll():
                worker = self._workers.get(found)
                if worker:
                    self._hear(worker)
                elif found == descriptor:
                    self._obey()

    def _fill(self) -> None:
        """Further ones, until there are as many as there may be."""
        while len(self._workers) < self._count:
            if sum(not one.ready for one in self._workers.values()) >= STARTING:
                return
            try:
                self._hire()
            except OSError:
                # There may be no more processes, or memory: it goes on with those that there are.
                self._count = len(self._workers)

    def _hire(self) -> None:
        ours, theirs = socket.socketpair()
        try:
            pid = os.fork()
        except OSError:
            ours.close()
            theirs.close()
            raise
        if pid == 0:
            ours.close()
            for worker in self._workers.values():
                worker.end.close()
            self._be_worker(theirs)
        theirs.close()
        worker = Worker(pid, ours)
        self._workers[ours.fileno()] = worker
        self._poll.register(ours, select.POLLIN)

    def _be_worker(self, end: socket.socket) -> None:
        """Never returns: what is above us on the stack is the dispatcher's."""
        code = 1
        try:
            self._output.frame()
            self._work(Channel(end.detach()))
        except SystemExit as error:
            code = _code_of(error)
        except BaseException:
            traceback.print_exc()
        finally:
            end_lines()
            atexit._run_exitfuncs()  # noqa: SLF001
            os._exit(code & 0xFF)

    # What the platform says ------------------------------------------------------------------------------------

    def _obey(self) -> None:
        heard = self._told.read()
        if heard is None:
            os._exit(0)  # the platform is gone, and so are we; the workers see it by our end
        for kind, call, payload in heard:
            if kind == frames.INVOKE:
                self._waiting.append((Invocation(call, payload), payload))
            elif kind == frames.RECALL:
                self._give_back()
            elif kind == frames.GIVE_CODE:
                self._give_code()
        self._hand_out()

    def _give_back(self) -> None:
        calls = [invocation.call for invocation, _payload in self._waiting]
        self._waiting.clear()
        numbers = b"".join(call.to_bytes(4, "little") for call in calls)
        self._channel.send(frames.RETURNED, 0, numbers)

    def _hand_out(self) -> None:
        idle = (one for one in list(self._workers.values()) if one.ready and not one.running)
        while self._waiting:
            worker = next(idle, None)
            if worker is None:
                return
            invocation, payload = self._waiting[0]
            if not worker.send(frames.INVOKE, invocation.call, payload):
                continue  # its end will be heard of
            self._waiting.popleft()
            worker.running = (invocation.call, invocation.request_id, time.perf_counter())

    def _give_code(self) -> None:
        """Each has compiled the same."""
        for worker in self._workers.values():
            if worker.ready and not worker.running and worker.send(frames.GIVE_CODE):
                self._asked_for_code = True
                return
        self._channel.send(frames.CODE)

    # What a worker says ----------------------------------------------------------------------------------------

    def _hear(self, worker: Worker) -> None:
        heard = worker.frames.read()
        if heard is None:
            self._bury(worker)
            return
        for kind, call, payload in heard:
            if kind == frames.INITIALISED:
                self._is_ready(worker)
            elif kind in (frames.RESULT, frames.ERROR):
                worker.running = None
                self._channel.send(kind, call, payload)
            elif kind == frames.INIT_FAILED and not self._initialised:
                self._fail(payload)
            elif kind == frames.CODE and self._asked_for_code:
                self._asked_for_code = len(payload) > 0
                self._channel.send(kind, 0, payload)
        self._hand_out()

    def _is_ready(self, worker: Worker) -> None:
        worker.ready = True
        self._tell_capacity()
        if not self._initialised:
            self._initialised = True
            self._channel.send(frames.INITIALISED)
        self._fill()

    def _tell_capacity(self) -> None:
        """What those that are ready can run; others wait outside, where their time does not count."""
        ready = sum(one.ready for one in self._workers.values())
        self._channel.send(frames.CAPACITY, ready)

    def _fail(self, payload: bytes) -> None:
        """Lambda: the init is over with the first that is ready; before that one failure is everybody's."""
        self._channel.send(frames.INIT_FAILED, 0, payload)
        self._end(1)

    def _bury(self, worker: Worker) -> None:
        """Lambda: who crashed fails its own invocation, and the others go on."""
        descriptor = worker.end.fileno()
        self._poll.unregister(worker.end)
        del self._workers[descriptor]
        worker.end.close()
        status = _wait_for(worker.pid)
        if worker.running:
            call, request_id, began = worker.running
            micros = int((time.perf_counter() - began) * 1_000_000)
            head = frames.OUTCOME.pack(min(micros, frames.MAX_U32), 0, UNCOUNTED)
            self._channel.send(frames.ERROR, call, head + _ended(status, request_id))
        if self._asked_for_code and not worker.running:
            self._asked_for_code = False
            self._channel.send(frames.CODE)
        # One that was ready is replaced; one that never was would end alike.
        if worker.ready:
            self._tell_capacity()
        else:
            self._count -= 1
        self._fill()
        if not self._workers:
            self._end(status)

    def _end(self, status: int) -> None:
        """As the worker did: the platform finds the words for it."""
        started = [one.running[0] for one in self._workers.values() if one.running]
        numbers = b"".join(call.to_bytes(4, "little") for call in started)
        self._channel.send(frames.LEAVING, 0, numbers)
        for worker in self._workers.values():
            os.kill(worker.pid, signal.SIGKILL)
        if status < 0:
            if -status != signal.SIGKILL:
                signal.signal(-status, signal.SIG_DFL)
            os.kill(os.getpid(), -status)
        os._exit(status & 0xFF)


def _wait_for(pid: int) -> int:
    """How a process ended: its code, or the negative number of its signal."""
    deadline = time.monotonic() + LEAVING_SECONDS
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return _code_in(status)
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            return _code_in(os.waitpid(pid, 0)[1])
        time.sleep(0.001)


def _code_in(status: int) -> int:
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _ended(status: int, request_id: str) -> bytes:
    """In the words that the platform has for an instance that ends."""
    if status < 0:
        words = (signal.strsignal(-status) or f"signal {-status}").lower()
        reason = f"Runtime exited with error: signal: {words}"
    elif status > 0:
        reason = f"Runtime exited with error: exit status {status}"
    else:
        reason = "Runtime exited without providing a reason"
    message = f"RequestId: {request_id} Error: {reason}"
    return json.dumps({"errorType": "Runtime.ExitError", "errorMessage": message}).encode()


def _code_of(error: SystemExit) -> int:
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code
    print(error.code, file=sys.stderr)
    return 1
