"""The exception of a policy that cannot decide."""

from host import PolicyException

__all__ = ["PolicyException"]
