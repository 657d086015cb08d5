"""Prepares the interpreter for expressions and removes its access to the host."""

import gc
import importlib
import io
import os
import random
import sys
import time

import caches
import host

_PRELOADED = (
    "_strptime",
    "base64",
    "datetime",
    "hashlib",
    "random",
    "urllib.parse",
    "uuid",
)
_HOST_MODULES = ("js", "pyodide", "pyodide_js", "_pyodide", "_pyodide_core", "ctypes", "_ctypes")


class _NullOutput(io.TextIOBase):
    """Discards printed text."""

    def writable(self):
        return True

    def write(self, text):
        return len(text)


def _sleep(seconds):
    host.ask("sleep", seconds)


def preload():
    """Imports the modules that expressions often use. Runs at build time, before the memory snapshot is taken."""
    for name in _PRELOADED:
        importlib.import_module(name)
    caches.collect()
    gc.collect()
    gc.freeze()


def harden():
    """Blocks the bridge to JavaScript, and foreign functions. Runs whenever an interpreter starts."""
    # All interpreters start from the same memory snapshot, which includes the state of the random generator:
    # without a new seed, all of them would draw the same numbers.
    random.seed()
    loaded = [name for name in sys.modules if name.split(".")[0] in _HOST_MODULES]
    for name in {*loaded, *_HOST_MODULES}:
        sys.modules[name] = None
    sys.meta_path[:] = [finder for finder in sys.meta_path if not type(finder).__module__.startswith("_pyodide")]
    sys.stdin = sys.__stdin__ = io.StringIO("")
    sys.stdout = sys.__stdout__ = sys.stderr = sys.__stderr__ = _NullOutput()
    sys.displayhook = sys.excepthook = sys.unraisablehook = lambda *args: None
    time.sleep = _sleep
    os.environ.clear()
    gc.collect()
    gc.freeze()

