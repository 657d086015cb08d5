import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluator } from '../testing/index.js';
import { type ExpressionInput, Interpreter, type PythonSyntaxError } from './index.js';

let interpreter: Interpreter;
const run = evaluator(() => interpreter);

beforeAll(async () => {
  interpreter = await Interpreter.start({ memoryMb: 128, spares: 0 });
});
afterAll(() => interpreter.close());

const joe = { kind: 'saved', uuid: '5d0b', pk: 7, username: 'joe', name: 'Joe', email: 'joe@example.org' };
const headers = { 'user-agent': 'test', host: 'id.example.org' };
const http_request = { method: 'GET', scheme: 'https', path: '/flow', headers, META: { REMOTE_ADDR: '192.0.2.7' } };
const input: ExpressionInput = {
  request: { user: joe, http_request },
  context: { geoip: { country: 'DE' } },
  flow_plan: { slug: 'login', flow_pk: '5f7a', context: { pending_user: joe, prompt_data: { age: 17 } } },
  client_ip: '192.0.2.7',
};

describe('evaluating an expression', () => {
  it('runs the source as a function body: the returned value is the result, its truth value the verdict', async () => {
    expect(await run('return 1 + 1')).toMatchObject({ result: 2, truth: true });
    expect(await run('return "yes"')).toMatchObject({ result: 'yes', truth: true });
    expect(await run('return []')).toMatchObject({ result: [], truth: false });
    expect(await run('x = 1')).toMatchObject({ result: null, truth: false });
    expect(await run('# only a remark')).toMatchObject({ result: null, truth: false });
  });

  it('accepts an expression that is indented as a whole or reassigns a global name', async () => {
    expect(await run('    context = context.get("a", 1)\n    if context:\n        return context\n')).toMatchObject({
      result: 1,
    });
  });

  it('accepts nested functions that declare global names as nonlocal', async () => {
    const source = 'def f():\n  nonlocal context\n  nonlocal request\n  context = 2\nf()\nreturn context';
    expect(await run(source)).toMatchObject({ result: 2 });
  });

  it('preserves multi-line strings', async () => {
    expect(await run('return """a\n  b"""')).toMatchObject({ result: 'a\n  b' });
  });

  it('returns the truth value of a result that is not JSON', async () => {
    expect(await run('return object()')).toMatchObject({ result: true, truth: true });
  });

  it('reports the message and line of an error, and keeps earlier messages', async () => {
    const outcome = await run('ak_message("before")\nreturn nothing_like_that');
    const error = "name 'nothing_like_that' is not defined";
    expect(outcome).toMatchObject({ truth: false, error, line: 2, messages: ['before'] });
  });

  it('reports the position of a syntax error', async () => {
    expect((await run('return (')).error).toBe("'(' was never closed (line 1, column 8)");
  });
});

describe('checking the syntax of an expression', () => {
  it.each<[string, PythonSyntaxError]>([
    ['if x:\n  return (1', { line: 2, column: 10, message: "'(' was never closed" }],
    ['    return 1\n    y = = 2', { line: 2, column: 9, message: 'invalid syntax' }],
    [
      'x = 1\nif x:\n  return ak_send_email("a@example.org", "s", body="b")',
      { line: 3, column: 10, message: 'ak_send_email is not available: expressions send no mail; use an email stage' },
    ],
    [
      '  return ak_create_jwt_raw("p")',
      {
        ...{ line: 1, column: 10 },
        message: 'ak_create_jwt_raw is not available: expressions have no key to sign tokens with',
      },
    ],
    ['break', { line: 1, column: 1, message: "'break' outside loop" }],
    ['('.repeat(5000), { line: 1, column: 201, message: 'too many nested parentheses' }],
    ['x = "\0"', { line: 1, column: 1, message: 'source code string cannot contain null bytes' }],
  ])('finds the error in %j with its position in the original text', async (source, expected) => {
    expect(await interpreter.check(source)).toEqual(expected);
  });

  it('accepts a function body without running it', async () => {
    expect(await interpreter.check('while True: pass\nreturn 1')).toBeUndefined();
  });
});

describe('names in an expression', () => {
  it.each([
    ['request.user.username', 'joe'],
    ['request.user.is_authenticated', true],
    ['request.user == context["pending_user"]', true],
    ['hasattr(context["flow_plan"].context.get("pending_user"), "backend")', false],
    ['request.context is context', true],
    ['context["prompt_data"]["age"] < 18', true],
    ['context["geoip"]["country"]', 'DE'],
    ['context["flow_plan"].slug + context["flow_plan"].flow_pk', 'login5f7a'],
    ['request.http_request.headers["User-Agent"] + http_request.META["HTTP_USER_AGENT"]', 'testtest'],
    ['http_request.META["REMOTE_ADDR"]', '192.0.2.7'],
    ['[http_request.headers.get("user-agent"), "HOST" in http_request.headers]', ['test', true]],
    ['request.http_request.build_absolute_uri("/")', 'https://id.example.org/'],
    ['http_request.build_absolute_uri()', 'https://id.example.org/flow'],
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
  ])('are available in %s', async (expression, result) => {
    expect(await run(`return ${expression}`, input)).toMatchObject({ result, messages: [] });
  });

  it('do not include http_request when the request did not come over HTTP', async () => {
    expect((await run('return http_request')).error).toBe("name 'http_request' is not defined");
    expect(await run('return request.http_request')).toMatchObject({ result: null });
  });

  it('include an anonymous user for an anonymous visitor', async () => {
    const source = 'return [request.user.is_authenticated, request.user.pk, request.user.group_attributes(None)]';
    expect(await run(source)).toMatchObject({ result: [false, null, {}] });
  });

  it('include a user with datetime fields, and with pk and id', async () => {
    const user = { ...joe, date_joined: '2025-12-31T23:00:00.000Z', last_login: null };
    const source = 'u = request.user\nreturn [u.date_joined.year, u.last_login, u.id == u.pk]';
    expect(await run(source, { request: { user } })).toMatchObject({ result: [2025, null, true] });
  });

  it('include the names that the caller adds, such as a user', async () => {
    const names = { prompt_context: { a: 1 }, user: joe };
    expect(await run('return [user.username, prompt_context["a"]]', { names })).toMatchObject({
      result: ['joe', 1],
    });
  });

  it('include escape of django.utils.html, which the shipped flow for account lockdowns imports', async () => {
    const source = `from django.utils.html import escape\nreturn [escape("<b>'\\"&"), escape(7)]`;
    expect(await run(source)).toMatchObject({ result: ['&lt;b&gt;&#x27;&quot;&amp;', '7'] });
  });

  it('can be imported from the authentik modules that authentik’s default flows use', async () => {
    const source = `
from authentik.core.models import USER_ATTRIBUTE_CHANGE_EMAIL
from authentik.flows.models import FlowAuthenticationRequirement
from authentik.stages.prompt.stage import PLAN_CONTEXT_PROMPT
return [USER_ATTRIBUTE_CHANGE_EMAIL, FlowAuthenticationRequirement.REQUIRE_SUPERUSER, PLAN_CONTEXT_PROMPT]`;
    const result = ['goauthentik.io/user/can-change-email', 'require_superuser', 'prompt_data'];
    expect(await run(source)).toMatchObject({ result });
  });
});

describe('changes of an expression to the plan', () => {
  it('are reported if a number is replaced by an equal boolean, even inside a fact', async () => {
    const plan = { slug: 'f', context: { prompt_data: { news: 1, age: 1 }, count: 0, same: [1, true] } };
    const source = [
      'facts = context["flow_plan"].context',
      'facts["prompt_data"]["news"] = bool(facts["prompt_data"]["news"])',
      'facts["count"] = False',
      'facts["same"] = [1, True]',
    ].join('\n');
    const { context } = await run(source, { flow_plan: plan });
    expect(context).toEqual({ set: { prompt_data: { news: true, age: 1 }, count: false }, unset: [] });
  });

  it('are reported as set and unset keys, even for nested changes', async () => {
    const source = `
plan = context["flow_plan"]
plan.context["prompt_data"]["age"] = 18
plan.context["title"] = "Hello"
del plan.context["pending_user"]
return True`;
    const { context } = await run(source, input);
    expect(context).toEqual({ set: { prompt_data: { age: 18 }, title: 'Hello' }, unset: ['pending_user'] });
  });

  it('are empty when the expression only reads the context', async () => {
    const context = { text: 'ü "\\ \u2028 \ud800', big: 1e21, half: 0.5, none: null, pending_user: joe };
    const outcome = await run('return len(context)', { flow_plan: { slug: 'f', context } });
    expect(outcome).toMatchObject({ result: 6, context: { set: {}, unset: [] } });
  });

  it('make the evaluation fail when a value cannot be serialized as JSON', async () => {
    const outcome = await run('context["flow_plan"].context["x"] = lambda: 1', input);
    expect(outcome.error).toMatch(/^The context of the plan cannot be serialized as JSON/);
  });

  it('may include a redirect of the browser', async () => {
    const outcome = await run('context["flow_plan"].redirect("https://example.org/")', input);
    expect(outcome.redirect).toBe('https://example.org/');
  });
});
