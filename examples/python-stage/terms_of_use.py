#!/usr/bin/env python3
"""A stage of Gatehouse in Python: visitors continue when they accept the terms of use. Needs Python 3.9 and no packages."""

import asyncio
import json
import os
import signal
import sys
from urllib.parse import unquote, urlsplit

KIND = "x_example_terms"

# The contract of the stage. The gateway refuses every reply that violates it.
DESCRIPTOR = {
    "v": 1,
    "kind": KIND,
    "component": "x-example-terms",
    "config": {
        "type": "object",
        "properties": {
            "text": {"type": "string", "minLength": 1},
            "tries": {"type": "integer", "minimum": 1, "maximum": 10, "default": 3},
        },
        "required": ["text"],
    },
    "challenge": {
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "name": {"type": "string"},
            "tries_left": {"type": "integer", "title": "Attempts left:"},
        },
    },
    "response": {
        "type": "object",
        "properties": {"accept": {"type": "boolean", "title": "I accept these terms"}},
        "required": ["accept"],
    },
    # How the pages of Gatehouse draw the step.
    "page": {
        "title": "Terms of use",
        "button": "Go on",
        "shows": ["text", "tries_left"],
        "asks": ["accept"],
        "translations": {
            "de": {
                "Terms of use": "Nutzungsbedingungen",
                "Attempts left:": "Verbleibende Versuche:",
                "I accept these terms": "Ich nehme diese Bedingungen an",
                "Go on": "Weiter",
                "You can only go on if you accept the terms.": "Sie müssen die Bedingungen annehmen.",
            },
        },
    },
    "user_info": True,
    "state": {"type": "object", "properties": {"refusals": {"type": "integer"}}, "required": ["refusals"]},
    "reads": {"pending_user": "optional"},
    "errors": {
        "terms_needed": {"string": "You can only go on if you accept the terms.", "code": "not_accepted"},
        "terms_refused": {"string": "The terms were not accepted.", "code": "not_accepted"},
    },
    "effects": ["event"],
    # A visitor who refuses the terms has not guessed wrong, so the gateway does not count, delay or lock refusals.
    "guesses": False,
    "deadline_ms": 5000,
}

YES = {True, "true", "on", "1"}
NO = {False, "false", "off", "0"}


# The stage: the check of its config, and one function for each verb, which takes the request and returns the reply.

def check_config(config):
    """Returns what is wrong with the config of the blueprint, or None."""
    if not isinstance(config.get("text"), str) or not isinstance(config.get("tries", 3), int):
        return "the config does not match the descriptor"
    return None


def challenge(request):
    """Returns the challenge. Must have no side effects, because it is called whenever the step is shown."""
    return {"type": "challenge", "challenge": challenge_data(request, refusals(request))}


def respond(request):
    """Handles a response: passes, rejects or denies it."""
    answer = request.get("response") or {}
    if "accept" not in answer:
        return rejected(request, "required", refusals(request))
    accept = answer["accept"]
    if not isinstance(accept, (bool, str)) or accept not in YES | NO:
        return rejected(request, "not_a_boolean", refusals(request))
    if accept in YES:
        return {"type": "passed", "effects": [{"type": "event", "action": "terms_accepted", "context": {}}]}
    count = refusals(request) + 1
    if count >= tries(request):
        return {"type": "denied", "message": {"code": "terms_refused"}}
    return rejected(request, "terms_needed", count)


def rejected(request, code, count):
    """Returns a rejection with the next challenge. The next request contains `state`."""
    again = {"challenge": challenge_data(request, count), "state": {"refusals": count}}
    return {"type": "rejected", "errors": {"accept": [{"code": code}]}, **again}


def challenge_data(request, count):
    user = request["context"].get("pending_user") or {}
    name = user.get("name") or user.get("username") or ""
    return {"text": request["config"]["text"], "name": name, "tries_left": tries(request) - count}


def refusals(request):
    return request.get("state", {}).get("refusals", 0)


def tries(request):
    return request["config"].get("tries", 3)


# The protocol: JSON requests and replies. An invalid request gets the problem stage_bad_request, any other error stage_fault.

MEMBERS = {
    **{"id": str, "timeout_ms": (int, float), "locale": str, "flow": dict, "step": dict, "site": dict, "client": dict},
    **{"session": dict, "query": dict, "config": dict, "attached": dict, "context": dict},
}
VERBS = {"challenge": challenge, "respond": respond, "describe": lambda _: DESCRIPTOR}


class BadRequestError(Exception):
    """Raised for a request of another protocol version, or a malformed one."""


def answer(verb, body):
    """Returns the reply to a message."""
    try:
        request = read(body)
        if verb != "describe":
            check(request)
        return VERBS[verb](request)
    except BadRequestError as error:
        return {"problem": {"code": "stage_bad_request", "detail": str(error)}}
    except Exception as error:  # Reply immediately, so that the gateway does not wait for the deadline.
        return {"problem": {"code": "stage_fault", "detail": repr(error)}}


def read(body):
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequestError("the request is not valid JSON") from None
    if not isinstance(request, dict) or request.get("v") != 1:
        raise BadRequestError("the request must be an object with v = 1")
    return request


def check(request):
    for member, kind in MEMBERS.items():
        if not isinstance(request.get(member), kind):
            raise BadRequestError(f"{member} is missing or has the wrong type")
    for member in ("state", "response"):
        if not isinstance(request.get(member, {}), dict):
            raise BadRequestError(f"{member} has the wrong type")
    fault = check_config(request["config"])
    if fault:
        raise BadRequestError(fault)


# The bus: the text protocol of NATS over a socket.

async def serve(stop):
    """Serves requests until `stop` is set, then drains. Raises OSError when the connection is lost."""
    url = urlsplit(os.environ.get("NATS_URL", "nats://127.0.0.1:4222"))
    if url.scheme == "tls":  # The password would be sent unencrypted.
        sys.exit(f"{KIND}: NATS_URL begins with tls://, which this example does not support: use a client library")
    reader, writer = await asyncio.open_connection(url.hostname, url.port or 4222)
    user = os.environ.get("NATS_USER") or unquote(url.username or "")
    password = os.environ.get("NATS_PASSWORD") or unquote(url.password or "")
    options = {"verbose": False, "pedantic": False, "name": KIND, "user": user, "pass": password}
    writer.write(f"CONNECT {json.dumps(options)}\r\n".encode())
    # All replicas subscribe with the same queue group, the kind of the stage, so that each request reaches one of them.
    for number, verb in enumerate(VERBS):
        writer.write(f"SUB stage.{KIND}.{verb} {KIND} {number}\r\n".encode())
    writer.write(b"PING\r\n")
    drain_task = asyncio.create_task(drain(stop, writer))
    try:
        await listen(reader, writer)
    finally:
        drain_task.cancel()
        writer.close()
        await writer.wait_closed()


async def drain(stop, writer):
    """Unsubscribes, then sends a PING. The PONG follows the last request that the server has sent."""
    await stop.wait()
    writer.write(b"".join(b"UNSUB %d\r\n" % number for number in range(len(VERBS))) + b"PING\r\n")


async def listen(reader, writer):
    pongs = 0
    while pongs < 2:
        word, *words = (await reader.readline()).split() or [b""]
        if word == b"MSG":
            subject, reply, size = words[0], words[-2], int(words[-1])
            body = (await reader.readexactly(size + 2))[:size]
            data = json.dumps(answer(subject.decode().rpartition(".")[2], body)).encode()
            if len(words) == 4:
                writer.write(b"PUB %s %d\r\n%s\r\n" % (reply, len(data), data))
        elif word == b"PING":
            writer.write(b"PONG\r\n")
        elif word == b"PONG":
            pongs += 1
            print(f"serving {KIND}" if pongs == 1 else f"leaving {KIND}", flush=True)
        elif word == b"-ERR":
            sys.exit(f"{KIND}: NATS error: {b' '.join(words).decode()}")
        elif word == b"":
            raise ConnectionError("NATS closed the connection")
        await writer.drain()


async def main():
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    while not stop.is_set():
        try:
            return await serve(stop)
        except (OSError, asyncio.IncompleteReadError) as error:
            print(f"{KIND}: {error}; retrying in a second", file=sys.stderr, flush=True)
        await asyncio.wait([asyncio.create_task(stop.wait())], timeout=1)


if __name__ == "__main__":
    asyncio.run(main())
