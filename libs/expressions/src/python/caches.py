"""Removes what evaluations of pure sources leave in the caches of the standard library, such as texts of a visitor.

Other pure sources cannot read these caches, but could measure by time what is in them.
"""

import encodings
import functools
import gc
import ipaddress
import re
import sys

import _strptime

_clear_functions = []
_netmasks = (ipaddress.IPv4Network._netmask_cache, ipaddress.IPv6Network._netmask_cache)
_flags = re.RegexFlag._value2member_map_
_initial_flags = frozenset(_flags)
_last_memory_error = None


def collect():
    """Finds the caches of all imported modules. Runs at build time."""
    global _last_memory_error
    found = (value for value in gc.get_objects() if isinstance(value, functools._lru_cache_wrapper))
    _clear_functions[:] = [cache.cache_clear for cache in found]
    _last_memory_error = _shared_memory_error()


def _shared_memory_error():
    """Returns the error that Python raises whenever memory runs out and all of its prepared errors are in use."""
    errors = [None]
    while len(errors) < 2 or errors[-1] is not errors[-2]:
        try:
            [None] * sys.maxsize
        except MemoryError as error:
            errors.append(error)
    return errors[-1]


def forget_data(literals):
    """Empties the caches. Keeps regular expressions and formats that are literals of sources,
    because these contain no data of visitors.
    """
    for clear in _clear_functions:
        clear()
    for cache in _netmasks:
        cache.clear()
    for cache in (re._cache, re._cache2):
        _remove(cache, [key for key in cache if key[1] not in literals])
    _remove(_strptime._regex_cache, [key for key in _strptime._regex_cache if key not in literals])
    if len(_flags) > len(_initial_flags):
        _remove(_flags, _flags.keys() - _initial_flags)
    _remove(encodings._cache, [name for name, codec in encodings._cache.items() if codec is None])
    _last_memory_error.__traceback__ = _last_memory_error.__context__ = _last_memory_error.__cause__ = None


def _remove(cache, keys):
    for key in keys:
        del cache[key]
