"""The entry points that the host calls. Each takes the bytes of a request and returns the bytes of a reply."""

import json
import random

from caches import forget_data
from compiler import FILENAME, ExpressionSyntaxError, compiled, dumped, literals, loaded, syntax_error_of
from host import PolicyException, check_depth, plain_data, text_of
from policy_api import EvaluationScope, PolicyApi
from records import FlowPlan, Record, Request, context_of, user_of

_MAX_OUTCOME = 1 << 20
_MAX_ERROR_LENGTH = 2000


def _dumper(characters, allow_nan):
    """Returns a function like json.dumps that reuses one encoder, because json.dumps creates an encoder for each call."""
    seen = {}
    encode = json.encoder.c_make_encoder(seen, plain_data, characters, None, ":", ",", False, False, allow_nan)

    def dumps(value):
        try:
            return "".join(encode(value, 0))
        except BaseException:
            seen.clear()
            raise

    return dumps


_strict_dumps = _dumper(json.encoder.encode_basestring_ascii, False)
_dumps = _dumper(json.encoder.encode_basestring, True)

# The first byte of a reply tells the host the state of the interpreter: `=` unchanged, `+` a source was compiled and
# cached, `!` its memory must be restored, `~` the source is not pure and was not run; its compiled form follows.
_UNCHANGED, _COMPILED, _RESTORE, _NOT_PURE = b"=", b"+", b"!", b"~"


def evaluate_pure(message):
    """Evaluates a pure source. Compiles any other source without running it."""
    return _catch_all(_evaluate_pure, message)


def evaluate_impure(message):
    """Evaluates a compiled source. The host must restore the interpreter's memory before and afterwards."""
    return _catch_all(_evaluate_impure, message)


def check(message):
    """Returns the first syntax error of a source as JSON, or null."""
    try:
        return _UNCHANGED + _dumps(syntax_error_of(json.loads(message))).encode()
    except BaseException as error:
        return _RESTORE + _dumps({"line": 1, "column": 1, "message": _text(error)}).encode()


def _catch_all(evaluate, message):
    """Returns the reply of `evaluate`, or a failure for any error: time or memory can run out at any step, also while
    `evaluate` handles an error."""
    try:
        return evaluate(message)
    except BaseException as error:
        return _RESTORE + _failure(_text(error))


def _evaluate_pure(message):
    key, inputs, plan = message.split(b"\n", 2)
    try:
        source, is_new = compiled(key)
    except ExpressionSyntaxError as error:
        return _UNCHANGED + _failure("{message} (line {line}, column {column})".format(**error.args[0]))
    if not source.pure:
        return _NOT_PURE + dumped(source)
    outcome, is_intact = _evaluate(source, inputs, plan)
    forget_data(literals)
    return (_RESTORE if not is_intact else _COMPILED if is_new else _UNCHANGED) + outcome


def _evaluate_impure(message):
    inputs, plan, code = message.split(b"\n", 2)
    # The restored memory includes the state of the random generator. A new seed prevents repeated random numbers.
    random.seed()
    return _RESTORE + _evaluate(loaded(code), inputs, plan)[0]


def _evaluate(source, inputs, plan):
    """Returns the outcome, and whether the interpreter is intact: neither interrupted nor out of memory."""
    scope = api = None
    try:
        scope, flow_plan = _scope_of(json.loads(inputs.decode()), plan, source.calls)
        api = PolicyApi(scope)
        return _outcome(source(api.lookup), api, scope, (flow_plan, plan)), True
    except Exception as error:
        side_effects = {} if api is None else {"messages": api.messages, **_side_effects(scope)}
        return _failure(text_of(error), side_effects, _line(error)), not isinstance(error, MemoryError)
    except BaseException as error:
        return _failure(_text(error)), False


def _scope_of(inputs, plan, calls):
    request_input = inputs.get("request", {})
    user = user_of(request_input.get("user"))
    context = {}
    flow_plan = None
    if plan:
        flow_plan = FlowPlan(inputs.get("flow_plan", {}), context_of(json.loads(plan.decode())))
        context = {"flow_plan": flow_plan, **flow_plan.context}
    context.update(context_of({**request_input.get("context", {}), **inputs.get("context", {})}))
    http = request_input.get("http_request")
    obj = request_input.get("obj")
    fields = {"debug": False, **request_input, "user": user, "obj": Record(obj) if isinstance(obj, dict) else obj}
    request = Request({**fields, "context": context}, http)
    names = inputs.get("names", {})
    if "user" in names:
        names["user"] = user_of(names["user"])
    values = {**names, "request": request, "context": context, "ak_is_sso_flow": context.get("is_sso", False)}
    scope = EvaluationScope(values, request, inputs.get("client_ip"), calls, inputs.get("call_depth", 0))
    return scope, flow_plan


def _outcome(result, api, scope, plan):
    flow_plan, before = plan
    outcome = {"result": result, "truth": bool(result), "messages": api.messages, **_side_effects(scope)}
    if flow_plan is not None:
        outcome.update(_plan_changes(flow_plan, before))
    if len(outcome) == 3 and type(result) is bool and not api.messages:
        return _BOOLEAN_OUTCOMES[result]
    try:
        encoded = _strict(outcome)
    except (TypeError, ValueError, RecursionError):
        encoded = _strict({**outcome, "result": outcome["truth"]})
    if len(encoded) > _MAX_OUTCOME:
        raise PolicyException("The result of the policy is too large.")
    check_depth(encoded)
    return encoded


def _side_effects(scope):
    """Returns the events, failures and call arguments of an evaluation, without the empty ones."""
    effects = {"events": scope.events, "failures": scope.failures, "call_kwargs": scope.call_kwargs}
    return {name: value for name, value in effects.items() if value}


def _strict(outcome):
    # The encoder refuses NaN, which JSON lacks, and escapes lone surrogates, which UTF-8 cannot encode.
    return _strict_dumps(outcome).encode()


# The encoded outcomes of policies that return only a boolean, which most policies do.
_BOOLEAN_OUTCOMES = {value: _strict({"result": value, "truth": value, "messages": []}) for value in (True, False)}


def _plan_changes(flow_plan, before):
    """Returns the redirect and the changes of the plan's context. `before` is the JSON of the context."""
    destination = flow_plan.destination()
    changes = {} if destination is None else {"redirect": destination}
    context = flow_plan.context
    try:
        if _dumps(context).encode("utf-8", "surrogatepass") == before:
            return changes
        old = json.loads(before)
        new = {str(key): json.loads(_strict(value)) for key, value in context.items()}
    except (TypeError, ValueError, RecursionError) as error:
        raise PolicyException(f"The context of the plan cannot be serialized as JSON: {error}") from None
    changed = {key: value for key, value in new.items() if key not in old or not _is_same(old[key], value)}
    return {**changes, "context": {"set": changed, "unset": [key for key in old if key not in new]}}


def _is_same(before, after):
    """Returns whether two JSON values are the same. Unlike in Python, True is not 1 and False is not 0."""
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(_is_same(before[key], after[key]) for key in before)
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(_is_same, before, after))
    return before == after


def _failure(text, side_effects=None, line=None):
    outcome = {"result": None, "truth": False, "messages": [], "error": text[:_MAX_ERROR_LENGTH]}
    try:
        encoded = _strict({**outcome, **(side_effects or {}), **({} if line is None else {"line": line})})
    except (TypeError, ValueError, RecursionError):
        encoded = b""
    return encoded if 0 < len(encoded) <= _MAX_OUTCOME else json.dumps(outcome).encode()


def _text(error):
    # The host interrupts Python at the deadline, which raises KeyboardInterrupt.
    return "The policy exceeded its time limit." if isinstance(error, KeyboardInterrupt) else text_of(error)


def _line(error):
    """Returns the line of the expression in which an error was raised, or None."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILENAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
