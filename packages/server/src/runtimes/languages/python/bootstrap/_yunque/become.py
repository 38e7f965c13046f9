"""Makes a generic process the one that a function expects: its environment, its directory, its module path."""

from __future__ import annotations

import importlib
import os
import site
import sys
import time

from .code_cache import CodeCache
from .warm import forget_shadowed

RUNTIME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def become(told: dict) -> CodeCache:
    """`told` is a Specialisation; runtimes/wire/frames.ts describes it."""
    standard = _standard_path()
    if not told["wrapped"]:
        _replace_environment(told["environment"])
    os.chdir(told["taskRoot"])
    # Without a sandbox the function's code could be written to. Lambda: /var/task cannot.
    sys.dont_write_bytecode = sys.pycache_prefix is None
    sites = [told["taskRoot"], *_layer_sites(os.path.join(told["layers"], "python"))]
    own = [*sites, RUNTIME, *_python_path()]
    sys.path[:] = _once([*own, *standard])
    importlib.invalidate_caches()
    forget_shadowed(own)
    _set_up_site(sites)
    roots = [told["taskRoot"], told["layers"]]
    return CodeCache(told.get("codeCache"), told.get("keepCode", False), roots)


def _layer_sites(layers: str) -> list[str]:
    """Where layers bring packages. Lambda: a function that sets PYTHONPATH names them itself."""
    if os.environ.get("PYTHONPATH", RUNTIME) != RUNTIME:
        return []
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    return [os.path.join(layers, "lib", version, "site-packages"), layers]


def _set_up_site(sites: list[str]) -> None:
    """What `site` does at the start of an interpreter, which ours leaves out: it would let in the host's packages."""
    site.setquit()
    site.setcopyright()
    site.sethelper()
    for directory in sites:
        if os.path.isdir(directory):
            site.addsitedir(directory)  # Lambda: .pth files of the function and its layers count


def _standard_path() -> list[str]:
    """What the interpreter itself brings, and nothing that was installed for people."""
    theirs = {RUNTIME, *_python_path()}
    return [
        entry
        for entry in sys.path
        if entry not in theirs and not entry.endswith(("/site-packages", "/dist-packages"))
    ]


def _python_path() -> list[str]:
    return [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]


def _replace_environment(environment: dict) -> None:
    """Nothing of what the process was started with remains."""
    for name in list(os.environ):
        if name not in environment:
            del os.environ[name]
    os.environ.update(environment)
    time.tzset()


def _once(entries: list[str]) -> list[str]:
    return list(dict.fromkeys(entries))
