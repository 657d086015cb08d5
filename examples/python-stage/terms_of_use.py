#!/usr/bin/env python3
"""A stage of Gatehouse in Python: visitors go on once they accept the terms of use. Needs Python 3.9, nothing else."""

import asyncio
import json
import os
import signal
import sys
from urllib.parse import unquote, urlsplit

KIND = "x_example_terms"

# What the stage promises. The gateway holds every reply to it, so it is the whole truth about the stage.
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
        "properties": {"text": {"type": "string"}, "name": {"type": "string"}, "tries_left": {"type": "integer"}},
    },
    "response": {"type": "object", "properties": {"accept": {"type": "boolean"}}, "required": ["accept"]},
    "state": {"type": "object", "properties": {"refusals": {"type": "integer"}}, "required": ["refusals"]},
    "reads": {"pending_user": "optional"},
    "errors": {
        "terms_needed": {"string": "You can only go on if you accept the terms.", "code": "not_accepted"},
        "terms_refused": {"string": "The terms were not accepted.", "code": "not_accepted"},
    },
    "effects": ["event"],
    "deadline_ms": 1000,
}

YES = {True, "true", "on", "1"}
NO = {False, "false", "off", "0"}


# The stage: two functions of the request.

def challenge(request):
    """Shows the terms, without any consequence: it is asked again whenever the step is looked at."""
    return {"type": "challenge", "challenge": shown(request, refusals(request))}


def respond(request):
    """Judges one answer: go on, ask again, or end the flow."""
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
    """A refusal brings the challenge to show again; what it remembers comes back as `state` with the next request."""
    again = {"challenge": shown(request, count), "state": {"refusals": count}}
    return {"type": "rejected", "errors": {"accept": [{"code": code}]}, **again}


def shown(request, count):
    user = request["context"].get("pending_user") or {}
    name = user.get("name") or user.get("username") or ""
    return {"text": request["config"]["text"], "name": name, "tries_left": tries(request) - count}


def refusals(request):
    return request.get("state", {}).get("refusals", 0)


def tries(request):
    return request["config"].get("tries", 3)


# The protocol: JSON in, JSON out. A request that is not understood is told so, and a mistake of ours is a fault.

MEMBERS = {
    **{"id": str, "timeout_ms": (int, float), "locale": str, "flow": dict, "step": dict, "site": dict, "client": dict},
    **{"session": dict, "query": dict, "config": dict, "attached": dict, "context": dict},
}
VERBS = {"challenge": challenge, "respond": respond, "describe": lambda _: DESCRIPTOR}


class BadRequest(Exception):
    """A request of another version, or of nobody who speaks the protocol."""


def answer(verb, body):
    """The reply to one message of the bus."""
    try:
        request = read(body)
        if verb != "describe":
            check(request)
        return VERBS[verb](request)
    except BadRequest as error:
        return {"problem": {"code": "stage_bad_request", "detail": str(error)}}
    except Exception as error:  # Whoever waits is told at once.
        return {"problem": {"code": "stage_fault", "detail": repr(error)}}


def read(body):
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("this is no JSON") from None
    if not isinstance(request, dict) or request.get("v") != 1:
        raise BadRequest("this is no request of version 1")
    return request


def check(request):
    for member, kind in MEMBERS.items():
        if not isinstance(request.get(member), kind):
            raise BadRequest(f"{member} is missing or of the wrong type")
    for member in ("state", "response"):
        if not isinstance(request.get(member, {}), dict):
            raise BadRequest(f"{member} is of the wrong type")
    if not isinstance(request["config"].get("text"), str) or not isinstance(tries(request), int):
        raise BadRequest("the config is not understood")


# The bus: the text protocol of NATS over a socket.

async def serve(stop):
    """Serves until the connection is lost, which raises OSError, or until `stop`; then it drains."""
    url = urlsplit(os.environ.get("NATS_URL", "nats://127.0.0.1:4222"))
    reader, writer = await asyncio.open_connection(url.hostname, url.port or 4222)
    user = os.environ.get("NATS_USER") or unquote(url.username or "")
    password = os.environ.get("NATS_PASSWORD") or unquote(url.password or "")
    hello = {"verbose": False, "pedantic": False, "name": KIND, "user": user, "pass": password}
    writer.write(f"CONNECT {json.dumps(hello)}\r\n".encode())
    # All copies of the stage are in one queue group, its kind, so that each request reaches one of them.
    for number, verb in enumerate(VERBS):
        writer.write(f"SUB stage.{KIND}.{verb} {KIND} {number}\r\n".encode())
    writer.write(b"PING\r\n")
    leaving = asyncio.create_task(drain(stop, writer))
    try:
        await listen(reader, writer)
    finally:
        leaving.cancel()
        writer.close()
        await writer.wait_closed()


async def drain(stop, writer):
    """Takes no more requests; the server's PONG comes after the last one that it had sent."""
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
            sys.exit(f"{KIND}: NATS refuses: {b' '.join(words).decode()}")
        elif word == b"":
            raise ConnectionError("NATS has closed the connection")
        await writer.drain()


async def main():
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    while not stop.is_set():
        try:
            return await serve(stop)
        except (OSError, asyncio.IncompleteReadError) as error:
            print(f"{KIND}: {error}; trying again", file=sys.stderr, flush=True)
        await asyncio.wait([asyncio.create_task(stop.wait())], timeout=1)


if __name__ == "__main__":
    asyncio.run(main())
