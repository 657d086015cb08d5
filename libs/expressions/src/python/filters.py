"""The filters with which expressions find users and groups."""

from host import PolicyException, ask

# A filter that matches nothing.
_NO_MATCH = {"nothing": True}


def narrowed(filters, more):
    """Returns the combined filters. Two different values for one field match nothing."""
    conflict = any(filters.get(name, value) != value for name, value in more.items())
    return {**filters, **more, **(_NO_MATCH if conflict else {})}


def rows_of(request, filters, **args):
    """Returns the rows that match the filters. Raises PolicyException for a filter that the host does not support."""
    if _NO_MATCH.keys() <= filters.keys():
        return []
    rows = ask(request, {**args, "filters": filters})
    if rows is None:
        raise PolicyException(f"These filters are not supported: {', '.join(filters)}.")
    return rows


def single_record(kind, found):
    """Returns the single found record. Raises DoesNotExist for none, and MultipleObjectsReturned for several."""
    if not found:
        raise kind.DoesNotExist(f"No {kind.__name__.lower()} matches the query.")
    if len(found) > 1:
        raise kind.MultipleObjectsReturned(f"More than one {kind.__name__.lower()} matches the query.")
    return found[0]
