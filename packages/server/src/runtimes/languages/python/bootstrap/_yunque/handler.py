"""Finds the function that `_HANDLER` names: https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from types import ModuleType

from .errors import Fault


def load_handler(name: str) -> Callable[[object, object], object]:
    """Imports the module and takes the handler out of it: "app.handler", "src/app.handler", "src.app.handler".

    Raises a Fault, or whatever the module itself raised."""
    try:
        module_name, function = name.rsplit(".", 1)
    except ValueError as error:
        raise Fault("MalformedHandlerName", f"Bad handler '{name}': {error}") from None
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault(
            "BuiltInModuleConflict",
            f"Cannot use built-in module {module_name} as a handler module",
        )
    module = _import(module_name)
    try:
        return getattr(module, function)
    except AttributeError:
        raise Fault(
            "HandlerNotFound", f"Handler '{function}' missing on module '{module_name}'"
        ) from None


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name.replace("/", "."))
    except ImportError as error:
        raise Fault("ImportModuleError", f"Unable to import module '{name}': {error}") from None
    except SyntaxError as error:
        raise Fault(
            "UserCodeSyntaxError",
            f"Syntax error in module '{name}': {error}",
            [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'],
        ) from None
