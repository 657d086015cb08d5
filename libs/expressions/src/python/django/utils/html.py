"""Escaping of texts for HTML."""

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"}
_TABLE = {ord(character): entity for character, entity in _ENTITIES.items()}


def escape(text):
    """Returns the text with the characters escaped that have a meaning in HTML."""
    return str(text).translate(_TABLE)
