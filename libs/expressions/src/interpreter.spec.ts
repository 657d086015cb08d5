import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluator } from '../testing/index.js';
import { type ExpressionInput, Interpreter, type PythonSyntaxError } from './index.js';

let interpreter: Interpreter;
const run = evaluator(() => interpreter);

beforeAll(async () => {
  interpreter = await Interpreter.start({ memoryMb: 128 });
});
afterAll(() => interpreter.close());

const joe = { kind: 'saved', uuid: '5d0b', pk: 7, username: 'joe', name: 'Joe', email: 'joe@example.org' };
const http_request = { method: 'GET', path: '/flow', headers: { 'user-agent': 'test' } };
const given: ExpressionInput = {
  request: { user: joe, http_request },
  context: { geoip: { country: 'DE' } },
  flow_plan: { slug: 'login', context: { pending_user: joe, prompt_data: { age: 17 } } },
  client_ip: '192.0.2.7',
};

describe('what a source means', () => {
  it('is the body of a function: what it returns is the result, and its truth is the verdict', async () => {
    expect(await run('return 1 + 1')).toMatchObject({ result: 2, truth: true });
    expect(await run('return "yes"')).toMatchObject({ result: 'yes', truth: true });
    expect(await run('return []')).toMatchObject({ result: [], truth: false });
    expect(await run('x = 1')).toMatchObject({ result: null, truth: false });
    expect(await run('# only a remark')).toMatchObject({ result: null, truth: false });
  });

  it('may be indented as a whole, and may give a name that it was given another meaning', async () => {
    expect(await run('    context = context.get("a", 1)\n    if context:\n        return context\n')).toMatchObject({
      result: 1,
    });
  });

  it('may have functions of its own that change a name, or only speak of it', async () => {
    const source = 'def f():\n  nonlocal context\n  nonlocal request\n  context = 2\nf()\nreturn context';
    expect(await run(source)).toMatchObject({ result: 2 });
  });

  it('keeps a text of several lines as it was written', async () => {
    expect(await run('return """a\n  b"""')).toMatchObject({ result: 'a\n  b' });
  });

  it('gives the truth of what is not JSON', async () => {
    expect(await run('return object()')).toMatchObject({ result: true, truth: true });
  });

  it('fails with the text and the line of its error, and keeps what was said before', async () => {
    const outcome = await run('ak_message("before")\nreturn nothing_like_that');
    const error = "name 'nothing_like_that' is not defined";
    expect(outcome).toMatchObject({ truth: false, error, line: 2, messages: ['before'] });
  });

  it('fails when it is not Python, and says where', async () => {
    expect((await run('return (')).error).toBe("'(' was never closed (line 1, column 8)");
  });
});

describe('checking a source', () => {
  it.each<[string, PythonSyntaxError]>([
    ['if x:\n  return (1', { line: 2, column: 10, message: "'(' was never closed" }],
    ['    return 1\n    y = = 2', { line: 2, column: 9, message: 'invalid syntax' }],
    ['break', { line: 1, column: 1, message: "'break' outside loop" }],
    ['('.repeat(5000), { line: 1, column: 201, message: 'too many nested parentheses' }],
    ['x = "\0"', { line: 1, column: 1, message: 'source code string cannot contain null bytes' }],
  ])('finds what is wrong with %j, counted as written', async (source, fault) => {
    expect(await interpreter.check(source)).toEqual(fault);
  });

  it('finds nothing wrong with a function body, and runs none of it', async () => {
    expect(await interpreter.check('while True: pass\nreturn 1')).toBeUndefined();
  });
});

describe('what a source sees', () => {
  it.each([
    ['request.user.username', 'joe'],
    ['request.user.is_authenticated', true],
    ['request.user == context["pending_user"]', true],
    ['hasattr(context["flow_plan"].context.get("pending_user"), "backend")', false],
    ['request.context is context', true],
    ['context["prompt_data"]["age"] < 18', true],
    ['context["geoip"]["country"]', 'DE'],
    ['context["flow_plan"].slug', 'login'],
    ['request.http_request.headers["User-Agent"] + http_request.META["HTTP_USER_AGENT"]', 'testtest'],
    ['request.http_request.tenant.default_user_change_name', true],
    ['request.http_request.tenant.default_user_change_email', false],
    ['ak_client_ip in ip_network("192.0.2.0/24")', true],
    ['str(ip_address("::1"))', '::1'],
    ['ak_is_sso_flow', false],
    ['regex_match("abc", "b")', true],
    ['regex_replace("abc", "[ab]", "x")', 'xxc'],
    ['[list_flatten([1, 2]), list_flatten([]), list_flatten("a")]', [1, null, 'a']],
    ['slugify("Hé llo_x!")', 'he-llo_x'],
    ['resolve_dns("localhost")', []],
    ['reverse_dns("192.0.2.1")', '192.0.2.1'],
    ['ak_logger.bind(a=1).info("hello", b=2)', null],
    ['print("hello")', null],
  ])('%s', async (expression, result) => {
    expect(await run(`return ${expression}`, given)).toMatchObject({ result, messages: [] });
  });

  it('has no names of a request that did not come over HTTP', async () => {
    expect((await run('return http_request')).error).toBe("name 'http_request' is not defined");
    expect(await run('return request.http_request')).toMatchObject({ result: null });
  });

  it('sees a stranger as one', async () => {
    const stranger = 'return [request.user.is_authenticated, request.user.pk, request.user.group_attributes(None)]';
    expect(await run(stranger)).toMatchObject({ result: [false, null, {}] });
  });

  it('sees the times of a user as times, and their number under both of its names', async () => {
    const user = { ...joe, date_joined: '2025-12-31T23:00:00.000Z', last_login: null };
    const source = 'u = request.user\nreturn [u.date_joined.year, u.last_login, u.id == u.pk]';
    expect(await run(source, { request: { user } })).toMatchObject({ result: [2025, null, true] });
  });

  it('has the names that its caller adds, users among them', async () => {
    const names = { prompt_context: { a: 1 }, user: joe };
    expect(await run('return [user.username, prompt_context["a"]]', { names })).toMatchObject({
      result: ['joe', 1],
    });
  });

  it('can import the names of the reference that shipped flows import', async () => {
    const source = `
from authentik.core.models import USER_ATTRIBUTE_CHANGE_EMAIL
from authentik.flows.models import FlowAuthenticationRequirement
from authentik.stages.prompt.stage import PLAN_CONTEXT_PROMPT
return [USER_ATTRIBUTE_CHANGE_EMAIL, FlowAuthenticationRequirement.REQUIRE_SUPERUSER, PLAN_CONTEXT_PROMPT]`;
    const result = ['goauthentik.io/user/can-change-email', 'require_superuser', 'prompt_data'];
    expect(await run(source)).toMatchObject({ result });
  });
});

describe('what a source does to the plan', () => {
  it('is told as what was set and unset, wherever in the context it happened', async () => {
    const source = `
plan = context["flow_plan"]
plan.context["prompt_data"]["age"] = 18
plan.context["title"] = "Hello"
del plan.context["pending_user"]
return True`;
    const { context } = await run(source, given);
    expect(context).toEqual({ set: { prompt_data: { age: 18 }, title: 'Hello' }, unset: ['pending_user'] });
  });

  it('is nothing when it only looked, whatever the context holds', async () => {
    const context = { text: 'ü "\\ \u2028 \ud800', big: 1e21, half: 0.5, none: null, pending_user: joe };
    const outcome = await run('return len(context)', { flow_plan: { slug: 'f', context } });
    expect(outcome).toMatchObject({ result: 6, context: { set: {}, unset: [] } });
  });

  it('fails when it cannot be kept', async () => {
    const outcome = await run('context["flow_plan"].context["x"] = lambda: 1', given);
    expect(outcome.error).toMatch(/^The context of the plan cannot be kept/);
  });

  it('may be to send the browser somewhere', async () => {
    const outcome = await run('context["flow_plan"].redirect("https://example.org/")', given);
    expect(outcome.redirect).toBe('https://example.org/');
  });
});
