"""How a policy says that it cannot decide."""

from questions import PolicyException

__all__ = ["PolicyException"]
