"""Removes what plain evaluations leave in the caches of the standard library, such as texts of a visitor.

Other plain sources cannot read these caches, but could measure by time what is in them.
"""

import encodings
import functools
import gc
import re

import _strptime

_clear_functions = []


def collect():
    """Finds the caches of all imported modules. Runs at build time."""
    found = (value for value in gc.get_objects() if isinstance(value, functools._lru_cache_wrapper))
    _clear_functions[:] = [cache.cache_clear for cache in found]


def forget_data(literals):
    """Empties the caches. Keeps regular expressions and formats that are literals of sources, because they are no data."""
    for clear in _clear_functions:
        clear()
    for cache in (re._cache, re._cache2):
        _remove(cache, [key for key in cache if key[1] not in literals])
    _remove(_strptime._regex_cache, [key for key in _strptime._regex_cache if key not in literals])
    _remove(encodings._cache, [name for name, codec in encodings._cache.items() if codec is None])


def _remove(cache, keys):
    for key in keys:
        del cache[key]
