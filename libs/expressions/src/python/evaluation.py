"""One evaluation: a source and what it is given, in; what came of it, out."""

import json
import random

from questions import PolicyException, plain_data, text_of
from records import FlowPlan, Record, Request, context_of, user_of
from sources import FILENAME, Misspelt, compiled, fault_in
from policy_api import Scene, Voice

_OUTCOME = 1 << 20
_TEXT = 2000


def _dumper(characters, allow_nan):
    """As json.dumps, which would make an encoder for each text."""
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

# The first byte of an answer says what became of the interpreter.
_CLEAN, _COMPILED, _UNDO, _NOT_PLAIN = b"=", b"+", b"!", b"~"


def evaluate_plain(message):
    """Evaluates a source that leaves nothing behind; says so of any other, without running it."""
    return _surely(_plain, message)


def evaluate_any(message):
    """Evaluates a source whatever it may do; the interpreter must be put back afterwards."""
    return _surely(_any, message)


def check(message):
    """Where a source is not Python."""
    try:
        return _CLEAN + _dumps(fault_in(json.loads(message))).encode()
    except BaseException as error:
        return _UNDO + _dumps({"line": 1, "column": 1, "message": _text(error)}).encode()


def _surely(evaluate, message):
    """Time may be over, or memory used up, at any step, those after an error included."""
    try:
        return evaluate(message)
    except BaseException as error:
        return _UNDO + _failure(_text(error))


def _plain(message):
    key, given, plan = message.split(b"\n", 2)
    try:
        source, new = compiled(key)
    except Misspelt as fault:
        return _CLEAN + _failure("{message} (line {line}, column {column})".format(**fault.args[0]))
    if not source.plain:
        return _NOT_PLAIN + (_COMPILED if new else _CLEAN)
    outcome, whole = _evaluate(source, given, plan)
    return (_UNDO if not whole else _COMPILED if new else _CLEAN) + outcome


def _any(message):
    key, given, plan = message.split(b"\n", 2)
    # The memory was put back to where it was: chance must not repeat itself.
    random.seed()
    return _UNDO + _evaluate(compiled(key)[0], given, plan)[0]


def _evaluate(source, given, plan):
    """What came of it, and whether it ended by itself."""
    scene = voice = None
    try:
        scene, flow_plan = _scene(json.loads(given.decode()), plan, source.calls)
        voice = Voice(scene)
        return _outcome(source(voice.meaning), voice, scene, (flow_plan, plan)), True
    except Exception as error:
        said = {} if voice is None else {"messages": voice.messages, **_left(scene)}
        return _failure(text_of(error), said, _line(error)), not isinstance(error, MemoryError)
    except BaseException as error:
        return _failure(_text(error)), False


def _scene(given, plan, calls):
    asked = given.get("request", {})
    user = user_of(asked.get("user"))
    context = {}
    flow_plan = None
    if plan:
        flow_plan = FlowPlan(given.get("flow_plan", {}), context_of(json.loads(plan.decode())))
        context = {"flow_plan": flow_plan, **flow_plan.context}
    context.update(context_of({**asked.get("context", {}), **given.get("context", {})}))
    http = asked.get("http_request")
    obj = asked.get("obj")
    fields = {"debug": False, **asked, "user": user, "obj": Record(obj) if isinstance(obj, dict) else obj}
    request = Request({**fields, "context": context}, http)
    more = given.get("names", {})
    if "user" in more:
        more["user"] = user_of(more["user"])
    values = {**more, "request": request, "context": context, "ak_is_sso_flow": context.get("is_sso", False)}
    return Scene(values, request, given.get("client_ip"), calls, given.get("call_depth", 0)), flow_plan


def _outcome(result, voice, scene, plan):
    flow_plan, before = plan
    outcome = {"result": result, "truth": bool(result), "messages": voice.messages, **_left(scene)}
    if flow_plan is not None:
        outcome.update(_changes(flow_plan, before))
    if len(outcome) == 3 and type(result) is bool and not voice.messages:
        return _PLAIN[result]
    try:
        encoded = _strict(outcome)
    except (TypeError, ValueError, RecursionError):
        encoded = _strict({**outcome, "result": outcome["truth"]})
    if len(encoded) > _OUTCOME:
        raise PolicyException("The policy says too much.")
    return encoded


def _left(scene):
    """What an evaluation leaves beside its result, as far as there is any."""
    left = {"events": scene.events, "failures": scene.failures, "given": scene.given}
    return {name: value for name, value in left.items() if value}


def _strict(outcome):
    # JSON has no NaN, and no lone surrogates on the wire.
    return _strict_dumps(outcome).encode()


# What most policies say.
_PLAIN = {said: _strict({"result": said, "truth": said, "messages": []}) for said in (True, False)}


def _changes(flow_plan, before):
    destination = flow_plan.destination()
    led = {} if destination is None else {"redirect": destination}
    context = flow_plan.context
    try:
        if _dumps(context).encode("utf-8", "surrogatepass") == before:
            return led
        old = json.loads(before)
        new = {str(key): json.loads(_strict(value)) for key, value in context.items()}
    except (TypeError, ValueError, RecursionError) as error:
        raise PolicyException(f"The context of the plan cannot be kept: {error}") from None
    changed = {key: value for key, value in new.items() if key not in old or old[key] != value}
    return {**led, "context": {"set": changed, "unset": [key for key in old if key not in new]}}


def _failure(text, said=None, line=None):
    outcome = {"result": None, "truth": False, "messages": [], "error": text[:_TEXT]}
    try:
        encoded = _strict({**outcome, **(said or {}), **({} if line is None else {"line": line})})
    except (TypeError, ValueError, RecursionError):
        encoded = b""
    return encoded if 0 < len(encoded) <= _OUTCOME else json.dumps(outcome).encode()


def _text(error):
    return "The time for the policy is over." if isinstance(error, KeyboardInterrupt) else text_of(error)


def _line(error):
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILENAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
