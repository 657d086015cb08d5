"""Makes the interpreter ready for expressions, before the way out is closed."""

import gc
import importlib
import io
import os
import random
import sys
import time

import questions

_WARM = (
    "authentik.core.models",
    "authentik.flows.models",
    "authentik.flows.planner",
    "authentik.stages.prompt.stage",
    "authentik.stages.user_write.stage",
    "base64",
    "datetime",
    "hashlib",
    "random",
    "urllib.parse",
    "uuid",
)
_HOST = ("js", "pyodide", "pyodide_js", "_pyodide", "_pyodide_core", "ctypes", "_ctypes")


class _Nowhere(io.TextIOBase):
    """Takes what is printed, and keeps nothing."""

    def writable(self):
        return True

    def write(self, text):
        return len(text)


def _sleep(seconds):
    questions.ask("sleep", seconds)


def warm():
    """Imports what expressions are likely to. Runs once, when the interpreter is built."""
    for name in _WARM:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


def harden():
    """Shuts what leads out. Runs whenever an interpreter starts."""
    # All of them start from the same memory: chance must not repeat itself.
    random.seed()
    hosts = [name for name in sys.modules if name.split(".")[0] in _HOST]
    for name in {*hosts, *_HOST}:
        sys.modules[name] = None
    sys.meta_path[:] = [finder for finder in sys.meta_path if not type(finder).__module__.startswith("_pyodide")]
    sys.stdin = sys.__stdin__ = io.StringIO("")
    sys.stdout = sys.__stdout__ = sys.stderr = sys.__stderr__ = _Nowhere()
    sys.displayhook = sys.excepthook = sys.unraisablehook = lambda *said: None
    time.sleep = _sleep
    os.environ.clear()
    gc.collect()
    gc.freeze()

