"""The `context` argument of a handler: https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from time import time

from .errors import Fault
from .invocation import Invocation


class _Record:
    """An object with these members, each None where it is not told."""

    __slots__ = ()

    def __init__(self, members: dict | None = None) -> None:
        for name in self.__slots__:
            setattr(self, name, members.get(name) if members else None)

    def __repr__(self) -> str:
        members = ",".join(f"{name}={getattr(self, name)}" for name in self.__slots__)
        return f"{type(self).__name__}([{members}])"


class CognitoIdentity(_Record):
    """Who called, where Amazon Cognito knows it."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")


class Client(_Record):
    """The mobile application that called."""

    __slots__ = (
        "installation_id",
        "app_title",
        "app_version_name",
        "app_version_code",
        "app_package_name",
    )


class ClientContext(_Record):
    """What the caller said of itself in X-Amz-Client-Context."""

    __slots__ = ("custom", "env", "client")

    def __init__(self, members: dict) -> None:
        super().__init__(members)
        if self.client is not None:
            self.client = Client(self.client)


class LambdaContext:
    """One for each invocation."""

    def __init__(
        self, invocation: Invocation, deadline_ms: int, write_log: Callable[[str], None]
    ) -> None:
        self.aws_request_id = invocation.request_id
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = invocation.arn
        self.tenant_id = None
        self.client_context = _client_context(invocation.client_context)
        self.identity = CognitoIdentity()
        self._epoch_deadline_time_in_ms = deadline_ms
        self._write_log = write_log

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's timeout; 0 once it has passed."""
        return max(0, self._epoch_deadline_time_in_ms - int(time() * 1000))

    def log(self, message: object) -> None:
        """Writes one entry to the log."""
        self._write_log(str(message))

    def __repr__(self) -> str:
        members = {k: v for k, v in vars(self).items() if not k.startswith("_")}
        return f"LambdaContext([{','.join(f'{k}={v}' for k, v in members.items())}])"


def _client_context(text: str) -> ClientContext | None:
    if not text:
        return None
    try:
        told = json.loads(text)
    except Exception as error:
        raise Fault(
            "LambdaContextUnmarshalError", f"Unable to parse Client Context JSON: {error}"
        ) from None
    return None if told is None else ClientContext(told)
