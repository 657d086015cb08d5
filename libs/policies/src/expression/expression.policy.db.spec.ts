import type { PolicyRequest } from '@gatehouse/contracts';
import { DIRECTORY_SCHEMA, PolicyUserRepository } from '@gatehouse/directory';
import { Interpreter } from '@gatehouse/expressions';
import { ConcurrencyLimiter, MaxmindGeoLocator, openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migratedDatabase } from '../../../../test/support/postgres.js';
import { HOUSEHOLD, insertAlice, STAFF } from '../../testing/alice.js';
import { ALICE, policyRequestOf } from '../../testing/index.js';
import { type LoopbackServer, startLoopbackServer } from '../../testing/loopback-server.js';
import { Evaluator } from '../evaluator.js';
import type { Policy } from '../policy.js';
import { AuthenticatorRepository } from './authenticator.repository.js';
import { expressionContract } from './expression.contract.js';
import { ExpressionPolicy } from './expression.policy.js';
import { ExpressionDataSources } from './expression-callbacks.js';
import { ExpressionInputs } from './expression-inputs.js';
import { AllowedHosts } from './http/allowed-hosts.js';
import { PolicyHttpClient } from './http/policy-http-client.js';
import { PythonRunner } from './python-runner.js';

const MEMORY_MB = 64;

let database: Awaited<ReturnType<typeof migratedDatabase>>;
let source: DataSource;
let interpreter: Interpreter;
let server: LoopbackServer;
let evaluator: Evaluator;
beforeAll(async () => {
  server = await startLoopbackServer();
  database = await migratedDatabase();
  source = await openDataSource({ url: database.url, schema: DIRECTORY_SCHEMA, poolSize: 1 });
  await insertAlice(source);
  interpreter = await Interpreter.start({ memoryMb: MEMORY_MB, size: 1 });
  await interpreter.whenFull();
  const users = new PolicyUserRepository(source);
  const geoLocator = await MaxmindGeoLocator.open({ asn: undefined, city: undefined });
  const python = new PythonRunner(interpreter, new ConcurrencyLimiter(1, 10, 'expression'), {
    callDepth: 3,
    events: 3,
    eventBytes: 256,
  });
  const hosts = new AllowedHosts([`127.0.0.1:${server.port}`]);
  const http = new PolicyHttpClient(hosts, { timeoutMs: 2000, maxBytes: 10_000, requests: 2 });
  const policy = new ExpressionPolicy(
    python,
    new ExpressionInputs(users, geoLocator),
    new ExpressionDataSources(users, http, new AuthenticatorRepository(source)),
  ) as Policy;
  evaluator = new Evaluator(new Map([['expression', { contract: expressionContract, policy }]]));
}, 120_000);
afterAll(async () => {
  await interpreter?.close();
  await server?.close();
  await source?.destroy();
  await database?.drop();
});

const expressionPolicy = (name: string, expression: string, calls: readonly string[] = []) => ({
  ...{ id: name, kind: 'expression', name, config: { expression }, calls: [...calls] },
});

async function ask(expression: string, overrides: Partial<PolicyRequest> = {}) {
  const calls = (overrides.callable ?? []).map(({ id }) => id);
  const policies = [{ ...expressionPolicy('p', expression, calls), timeout_ms: 3000 }];
  const reply = await evaluator.evaluate(policyRequestOf({ user: ALICE, policies, ...overrides }));
  return { ...reply, ...reply.results['p'] };
}

describe('an expression', () => {
  it.each([
    ['return request.user.username == "alice"', true],
    ['return request.user.attributes["shoe"]["size"] == 38', true],
    ['return request.user.has_usable_password()', true],
    ['return request.user.group_attributes(request.http_request)["shoe"] == {"size": 38, "colour": "red"}', true],
    ['return request.user.group_attributes(request.http_request)["doors"] == ["back", "own"]', true],
    ['return request.user.date_joined.year > 2000 and request.user.last_login is None', true],
    ['return ak_is_group_member(request.user, name="staff")', true],
    ['return ak_is_group_member(request.user, name="house")', true],
    ['return request.user.ak_groups.filter(name="house").exists()', false],
    ['return request.user.ak_groups.filter(name="staff").exists()', true],
    ['return ak_is_group_member(request.user, name="others")', false],
    [`return request.user.ak_groups.filter(group_uuid="${STAFF}").exists()`, true],
    [`return request.user.ak_groups.filter(group_uuid="${HOUSEHOLD}").exists()`, false],
    [`return [group.name for group in request.user.all_groups().filter(group_uuid="${HOUSEHOLD}")] == ["house"]`, true],
    ['return request.user.ak_groups.filter(name="others").filter(name="staff").exists()', false],
    ['return request.user.all_groups().filter(name="others").filter(name="staff").exists()', false],
    ['return not list(getattr(request.user, "".join(["ak_gr", "oups"])))', false],
    ['return ak_user_by(username="alice").ak_groups.first().name == "staff"', true],
    ['return sorted(group.name for group in request.user.groups.all()) == ["staff"]', true],
    ['return request.user.groups.filter(name="staff").exists()', true],
    ['return ak_obj_attr(request.user, "shoe.size") == 38 == ak_obj_attr(request.user, "shoe")["size"]', true],
    ['return ak_obj_attr(request.user, "given_name", "name") == "Alice"', true],
    ['return ak_obj_attr(request.user, "given_name")', false],
    [
      'return ak_obj_attr(request.user, "shoe.size.unit") or ak_obj_attr(None, "shoe") or ak_obj_attr([], "x", "y")',
      false,
    ],
    ['return ak_obj_attr(request.user, "x", "_values") or ak_obj_attr(request.user, "x", "__class__")', false],
    ['return request.user.is_superuser', true],
    ['return [group.name for group in request.user.ak_groups.all()] == ["staff"]', true],
    ['return sorted(group.name for group in request.user.all_groups()) == ["house", "staff"]', true],
    ['return request.user.ak_groups.filter(name="house").first()', false],
    ['from authentik.core.models import Group\nreturn Group.objects.get(name="staff").pk', true],
    ['from authentik.core.models import Group\nreturn Group.objects.filter(name="others").exists()', false],
    ['return request.user.all_groups().get(name="house").name == "house"', true],
    ['return ak_user_by(username="alice").email == "alice@example.org"', true],
    ['from authentik.core.models import User\nreturn User.objects.filter(pk=0).filter(pk=1).exists()', false],
    ['return ak_user_by(username="nobody") is None and ak_user_by(password_hash="hash") is None', true],
    ['return ak_user_has_authenticator(request.user)', true],
    ['return ak_user_has_authenticator(request.user, "totp")', true],
    ['return ak_user_has_authenticator(request.user, "webauthn")', false],
    ['return str(ak_client_ip) == "203.0.113.7" and ak_client_ip in ip_network("203.0.113.0/24")', true],
    ['return context["geoip"] is None and context["asn"] is None', true],
    ['return "executor/login/" in http_request.path', true],
    ['pass', false],
  ])('evaluates %j to %s', async (expression, pass) => {
    expect(await ask(expression)).toMatchObject({ pass, context: { set: {}, unset: [] } });
  });

  it.each(['GET', 'POST'] as const)('sees the method of the request: %s', async (method) => {
    const expression = `return request.http_request.method == http_request.method == "${method}"`;
    expect(await ask(expression, { method })).toMatchObject({ pass: true });
    expect(await ask(expression)).toMatchObject({ pass: method === 'GET' });
  });

  it('sees the session’s user as http_request.user, or else the user of the policy', async () => {
    const sees = (username: string, given: object) =>
      ask(`return http_request.user.username == request.http_request.user.username == "${username}"`, given);
    const bob = { ...ALICE, username: 'bob', uuid: '5a0c1d4e-8a52-4f2e-9d8c-3b1f6f0f7c22' };
    expect(await sees('bob', { visitor: bob })).toMatchObject({ pass: true });
    expect(await sees('', { visitor: null })).toMatchObject({ pass: true });
    expect(await sees('alice', {})).toMatchObject({ pass: true });
    const known = 'return http_request.user.attributes == request.user.attributes != {}';
    expect(await ask(known, { visitor: ALICE })).toMatchObject({ pass: true });
  });

  it('does not see the plan when the request withholds it', async () => {
    const expression = `return sorted(context) == ["asn", "geoip", "prompt_data"] and "flow_plan" not in request.context`;
    for (const withheld of [true, false]) {
      const flow_plan = { slug: 'login', context: { is_sso: true }, withheld };
      const reply = await ask(expression, { context: { prompt_data: {} }, flow_plan });
      expect(reply).toMatchObject({ pass: withheld });
    }
  });

  it('may send messages to the visitor and change the plan', async () => {
    const flow_plan = { slug: 'login', context: { a: 1, b: 2 } };
    const expression =
      'plan = request.context["flow_plan"]\nplan.context["a"] = 3\ndel plan.context["b"]\nak_message("hi")';
    expect(await ask(expression, { flow_plan })).toMatchObject({
      pass: false,
      messages: ['hi'],
      context: { set: { a: 3 }, unset: ['b'] },
    });
  });

  it('may change a fact in place by a statement that `mayChangePlan` recognises', async () => {
    const flow_plan = { slug: 'login', context: { prompt_data: { a: 1 } } };
    for (const expression of [
      'data = context["prompt_data"]\ndata |= {"a": 2}',
      'context["prompt_data"]["a"], rest = 2, None',
      'for context["prompt_data"]["a"] in [2]: pass',
      'change = context["prompt_data"].update\nchange(a=2)',
    ])
      expect(await ask(expression, { flow_plan })).toMatchObject({
        context: { set: { prompt_data: { a: 2 } } },
      });
  });

  it('that writes groups to the plan stores their ids', async () => {
    const expression =
      'from authentik.core.models import Group\ngroup, _ = Group.objects.get_or_create(name="staff")\n' +
      'request.context["flow_plan"].context["groups"] = [group]\nreturn True';
    expect(await ask(expression)).toMatchObject({ pass: true, context: { set: { groups: [STAFF] } } });
  });

  it('sees a user who is not saved as a user without pk and without groups', async () => {
    const user = { kind: 'pretended', username: 'mallory', email: 'mallory' } as const;
    const expression = 'return request.user.pk is None and not request.user.is_superuser and request.user.name == ""';
    expect(await ask(expression, { user })).toMatchObject({ pass: true });
    expect(await ask('return list(request.user.ak_groups.all()) == []', { user })).toMatchObject({ pass: true });
  });

  it('sees an anonymous visitor as a user without groups', async () => {
    const [filtered, all] = ['request.user.groups.filter(name="staff").exists()', 'list(request.user.groups.all())'];
    expect(await ask(`return not ${filtered} and not ${all}`, { user: null })).toMatchObject({ pass: true });
  });

  it('may redirect the visitor', async () => {
    expect(await ask('context["flow_plan"].redirect("/elsewhere")\nreturn False')).toMatchObject({
      insert: { where: 'next', steps: [{ kind: 'redirect', config: { to: '/elsewhere' } }] },
    });
  });

  it.each([
    ['from authentik.core.models import Group\nreturn Group.objects.get(name="others")', /No group matches/],
    ['request.user.all_groups().get()', /More than one group matches/],
    ['from authentik.core.models import Group\nGroup.objects.get()', /More than one group matches/],
    ['return 1 / 0', /division by zero \(line 2\)/],
    ['return (', /line 2/],
    ['while True: pass', /time|longer/],
    ['return ak_call_policy("nobody").passing', /Policy 'nobody' not found/],
    ['return not ak_is_group_member(None, nmae="x")', /not supported: nmae/],
    ['return not request.user.groups.filter(name__in=["staff"]).exists()', /not supported: name__in/],
  ])('that throws does not pass and changes nothing: %j', async (expression, error) => {
    const reply = await ask(`context["flow_plan"].context["a"] = 1\n${expression}`, { timeout_ms: 1000 });
    expect(reply).toMatchObject({
      pass: false,
      error: expect.stringMatching(error),
      context: { set: {}, unset: [] },
    });
  });
});

describe('a called policy', () => {
  const callable = [expressionPolicy('other', 'ak_message("heard")\nreturn context.get("colour") == "red"')];

  it('sees the arguments of the call in its context, as do later policies of the request', async () => {
    const expression = (colour: string) =>
      `said = ak_call_policy("other", colour="${colour}")\nak_message(said.messages[0])\nreturn said.passing`;
    expect(await ask(expression('red'), { callable })).toMatchObject({ pass: true, messages: ['heard'] });
    expect(await ask(expression('blue'), { callable })).toMatchObject({ pass: false, messages: ['heard'] });
    const after = { ...expressionPolicy('after', 'return context["colour"] == "red"'), timeout_ms: 3000 };
    const before = { ...expressionPolicy('before', 'return ak_call_policy("other", colour="red").passing', ['other']) };
    const policies = [{ ...before, timeout_ms: 3000 }, after];
    expect(await ask('', { policies, callable })).toMatchObject({ results: { after: { pass: true } } });
  });

  it('returns its raw result, and shares changes of the plan with its caller', async () => {
    const other = expressionPolicy(
      'other',
      'plan = context["flow_plan"]\nplan.context["b"] = plan.context["a"] + 1\nreturn [2, 3]',
    );
    const expression = `plan = context["flow_plan"].context
plan["a"] = 1
return ak_call_policy("other").raw_result == [2, 3] and plan["b"] == 2`;
    expect(await ask(expression, { callable: [other] })).toMatchObject({
      pass: true,
      context: { set: { a: 1, b: 2 } },
    });
  });

  it('may call further policies up to the depth limit', async () => {
    const callAndCount = (name: string) => `return 1 + (ak_call_policy("${name}").raw_result or 0)`;
    const chain = [
      expressionPolicy('b', callAndCount('c'), ['c']),
      expressionPolicy('c', callAndCount('d'), ['d']),
      expressionPolicy('d', 'return 1'),
    ];
    expect(await ask('return ak_call_policy("b").raw_result == 3', { callable: chain })).toMatchObject({ pass: true });
    const self = expressionPolicy('self', callAndCount('self'), ['self']);
    const reply = await ask('return ak_call_policy("self").raw_result == 2', { callable: [self] });
    expect(reply).toMatchObject({ pass: true });
    const message = 'The policies call each other too deeply or too often.';
    expect(reply.events).toEqual([{ action: 'policy_exception', context: { policy: 'self', message } }]);
  });

  it.each([
    ['fails', 'return 1 / 0', 'division by zero'],
    ['has a syntax error', 'return (', "'(' was never closed (line 1, column 8)"],
    [
      'quotes a prompt value',
      'return int(context["prompt_data"]["pin"])',
      "invalid literal for int() with base 10: '…'",
    ],
  ])('does not pass and emits an event when it %s', async (_, source, message) => {
    const context = { prompt_data: { pin: 'annunciata-7' } };
    const reply = await ask('return ak_call_policy("other").passing', {
      callable: [expressionPolicy('other', source)],
      context,
    });
    expect(reply).toMatchObject({ pass: false });
    expect([reply.error, reply.events]).toEqual([
      undefined,
      [{ action: 'policy_exception', context: { policy: 'other', message } }],
    ]);
  });

  it('that fails under 2026.8 emits an event whose `exception` has the error message', async () => {
    const callable = [expressionPolicy('other', 'return 1 / 0')];
    const { site } = policyRequestOf({});
    const { events } = await ask('return ak_call_policy("other").passing', {
      ...{ callable, site: { ...site, api_version: '2026.8' } },
    });
    const exception = { message: 'division by zero' };
    expect(events).toMatchObject([{ context: { policy: 'other', message: 'Policy failed to execute', exception } }]);
  });

  it('leaves no changes in the interpreter', async () => {
    const callable = [expressionPolicy('other', 'import builtins\nbuiltins.len = lambda x: 99\nreturn len([])')];
    expect(await ask('return ak_call_policy("other").raw_result == 99', { callable })).toMatchObject({ pass: true });
    expect(await ask('return len([]) == 0')).toMatchObject({ pass: true });
  });
});

describe('an event of an expression', () => {
  it('is emitted with the name of its policy, whether the policy passes, does not pass or fails', async () => {
    for (const end of ['return True', 'return False', 'return 1 / 0']) {
      const { events } = await ask(`ak_create_event("Noticed-it", user=request.user, colour="red")\n${end}`);
      expect(events).toEqual([{ action: 'custom_noticed_it', context: { user: ALICE, colour: 'red', policy: 'p' } }]);
    }
  });

  it.each([
    ['exceed the number', 'for n in range(4): ak_create_event("n")', /more than 3 events/],
    ['are too large', 'ak_create_event("n", text="x" * 256)', /more than 256 bytes/],
    ['are not JSON', 'ak_create_event("n", text=object())', /cannot be serialized as JSON/],
  ])('is dropped, and its policy does not pass, if the events %s', async (_, source, error) => {
    const reply = await ask(`${source}\nreturn True`);
    expect(reply).toMatchObject({ pass: false, error: expect.stringMatching(error) });
    expect(reply.events).toBeUndefined();
  });
});

describe('an expression with HTTP requests', () => {
  const askServer = (source: string) => ask(source.replaceAll('SERVER', server.url));

  it('reads the response of an allowed host', async () => {
    const source = `answer = requests.post("SERVER/echo?a=1", params={"b": 2}, json={"name": request.user.username}, timeout=2)
answer.raise_for_status()
said = answer.json()
return [said["method"], said["url"], said["body"], answer.headers["Content-Type"]] == \\
  ["POST", "/echo?a=1&b=2", '{"name": "alice"}', "application/json"]`;
    expect(await askServer(source)).toMatchObject({ pass: true });
  });

  it('resolves names of allowed hosts only', async () => {
    const source = `return [resolve_dns("127.0.0.1"), resolve_dns("localhost"), reverse_dns("127.0.0.1")] == \\
  [["127.0.0.1"], [], "127.0.0.1"]`;
    expect(await askServer(source)).toMatchObject({ pass: true });
  });

  it.each([
    ['to a host that is not allowed', 'requests.get("http://localhost:1/")', /to localhost:1 are not allowed/],
    ['after too many requests', 'for _ in range(3): requests.get("SERVER/echo")', /more than 2 requests/],
    [
      'to a server that responds with an error status',
      'requests.get("SERVER/status/503").raise_for_status()',
      /503 Service Unavailable for http/,
    ],
    ['to a silent server', 'requests.get("SERVER/silent", timeout=0.05)', /did not respond in time/],
    ['with too large a body', 'requests.post("SERVER/echo", data="x" * 300_000)', /request to the host is too large/],
  ])('does not pass on a request %s', async (_, source, error) => {
    expect(await askServer(`${source}\nreturn True`)).toMatchObject({
      pass: false,
      error: expect.stringMatching(error),
    });
  });
});
