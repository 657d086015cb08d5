import { afterAll, beforeAll, expect, it } from 'vitest';
import { evaluator } from '../testing/index.js';
import { Interpreter } from './index.js';

let interpreter: Interpreter;
const run = evaluator(() => interpreter);

beforeAll(async () => {
  interpreter = await Interpreter.start({ memoryMb: 128, spares: 0 });
});
afterAll(() => interpreter.close());

const admin = { kind: 'saved', uuid: '5d0b', username: 'akadmin', password_usable: true };

/**
 * Returns a fake host, which is the process that started Python. It records requests and sends the same reply to each.
 */
function hostReplying(reply: unknown) {
  const requests: [string, unknown][] = [];
  const ask = async (name: string, args: unknown) => {
    requests.push([name, args]);
    return reply;
  };
  return { requests, ask };
}

it.each([
  [
    'ak_user_by(username="akadmin").has_usable_password()',
    ['users_by', { filters: { username: 'akadmin' }, most: 1 }],
    [admin],
    true,
  ],
  ['ak_user_by(uuid="x")', ['users_by', { filters: { uuid: 'x' }, most: 1 }], [], null],
  [
    'ak_is_group_member(request.user, name="staff")',
    ['groups_of', { user: admin, above: true, filters: { name: 'staff' } }],
    [{ pk: 'g', name: 'staff' }],
    true,
  ],
  [
    'request.user.ak_groups.filter(name="staff").exists()',
    ['groups_of', { user: admin, above: false, filters: { name: 'staff' } }],
    [],
    false,
  ],
  ['ak_user_has_authenticator(request.user, "totp")', ['has_authenticator', { user: admin, type: 'totp' }], true, true],
  ['request.user.group_attributes(request.http_request)["a"]', ['group_attributes', { user: admin }], { a: 1 }, 1],
  [
    'ak_call_policy("other", a=1).passing',
    ['call_policy', { name: 'other', kwargs: { a: 1 } }],
    { passing: true },
    true,
  ],
])('%s sends a request to the host process', async (...[expression, request, reply, result]) => {
  const { requests, ask } = hostReplying(reply);
  expect(await run(`return ${expression}`, { request: { user: admin } }, { ask })).toMatchObject({ result });
  expect(requests).toEqual([request]);
});

it.each([
  ['get("http://a/?b=1#c", params={"d": [2, 3]})', { method: 'GET', url: 'http://a/?b=1&d=2&d=3#c' }],
  ['post("http://a", json={"b": None})', { headers: { 'content-type': 'application/json' }, body: '{"b": null}' }],
  [
    'put("http://a", data={"b": "c d"})',
    { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'b=c+d' },
  ],
  ['get("http://a/", params={"b": None, "c": [1, None]})', { url: 'http://a/?c=1' }],
  ['get("http://a/", params={"b": None})', { url: 'http://a/' }],
  ['post("http://a", data={"b": None, "c": "d"})', { body: 'c=d' }],
  ['patch("http://a", data="ü", headers={"X": 1})', { headers: { X: '1' }, body: 'ü' }],
  ['get("http://a", auth=("b", "c"))', { headers: { authorization: 'Basic Yjpj' } }],
  ['get("http://a", timeout=(0.5, 2), allow_redirects=False)', { timeout_ms: 2000, redirects: false }],
  ['head("http://a")', { method: 'HEAD', redirects: false }],
])('requests.%s sends an http request to the host process', async (call, part) => {
  const { requests, ask } = hostReplying({ status: 200, reason: 'OK', url: 'http://a/', headers: {}, body: '' });
  expect(await run(`return requests.${call}.status_code`, {}, { ask })).toMatchObject({ result: 200 });
  const [[name, request] = []] = requests as [string, { body: string | null }][];
  const body = request?.body && Buffer.from(request.body, 'base64').toString();
  expect([name, { ...request, body }]).toMatchObject(['http', part]);
});

it('an HTTP response has the API of the requests library', async () => {
  const body = Buffer.from('{"a": "ü"}').toString('base64');
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  const { ask } = hostReplying({ status: 404, reason: 'Not Found', url: 'http://a/', headers, body });
  const source = `response = requests.get("http://a/")
try:
  response.raise_for_status()
except requests.HTTPError as error:
  message = str(error)
return [response.ok, bool(response), response.text, response.content.decode(), response.json()["a"],
  response.headers["Content-Type"], "CONTENT-type" in response.headers, response.headers.get("x", 1), response.url, message]`;
  const { result } = await run(source, {}, { ask });
  expect(result).toEqual([
    ...[false, false, '{"a": "ü"}', '{"a": "ü"}', 'ü', headers['content-type'], true, 1, 'http://a/'],
    '404 Not Found for http://a/',
  ]);
});

it('the call in authentik’s default flows that restricts a flow to superusers sends a request', async () => {
  const { requests, ask } = hostReplying(1);
  const source = `
from authentik.flows.models import Flow, FlowAuthenticationRequirement
Flow.objects.filter(slug="initial-setup").update(
    authentication=FlowAuthenticationRequirement.REQUIRE_SUPERUSER,
)
return True`;
  expect(await run(source, {}, { ask })).toMatchObject({ truth: true });
  const values = { authentication: 'require_superuser' };
  expect(requests).toEqual([['update_flow', { filters: { slug: 'initial-setup' }, values }]]);
});

it.each([
  ['User', 'users_by', 'user'],
  ['Group', 'groups_by', 'group'],
])('%s.objects.get() returns the only match, or raises an exception', async (model, request, noun) => {
  const get = (source: string) => `from authentik.core.models import ${model}\n${source}`;
  const row = { pk: 1, name: 'a' };
  const { requests, ask } = hostReplying([row]);
  expect(await run(get(`return ${model}.objects.get(name="a").pk`), {}, { ask })).toMatchObject({ result: 1 });
  expect(requests).toEqual([[request, { filters: { name: 'a' }, most: 2 }]]);
  for (const [rows, error, text] of [
    [[], 'DoesNotExist', `No ${noun} matches the query.`],
    [[row, row], 'MultipleObjectsReturned', `More than one ${noun} matches the query.`],
  ] as const) {
    const host = { ask: hostReplying(rows).ask };
    const caught = `try:\n  return ${model}.objects.get(name="a")\nexcept ${model}.${error}:\n  return "caught"`;
    expect(await run(get(caught), {}, host)).toMatchObject({ result: 'caught' });
    expect(await run(get(`return ${model}.objects.get(name="a")`), {}, host)).toMatchObject({ error: text });
  }
});

it.each([
  'request.user.groups.filter(name="staff")',
  'request.user.all_groups()',
  'User.objects.filter(username="akadmin")',
  'Group.objects.filter(name="staff")',
])('%s is truthy only if a record matches', async (query) => {
  const source = `from authentik.core.models import Group, User\nreturn ${query}`;
  const verdict = async (rows: object[]) => (await run(source, { request: { user: admin } }, hostReplying(rows))).truth;
  expect([await verdict([admin]), await verdict([])]).toEqual([true, false]);
});

it('users and groups are equal if they have the same pk, even if other fields differ', async () => {
  const [user, found] = [
    { ...admin, pk: 1 },
    { ...admin, pk: 1, type: 'internal', attributes: { a: 1 } },
  ];
  const ask = async (name: string) => (name === 'users_by' ? [found] : [{ pk: 'g', name: 'staff' }]);
  const source = `
from authentik.core.models import Group
user, group = ak_user_by(username="akadmin"), Group.objects.get(name="staff")
groups = list(request.user.groups.all())
return [request.user == user, request.user != user, len({request.user, user}), group in groups, group in set(groups),
  user == group, user == context["pending_user"], context["pending_user"] == context["pending_user"]]`;
  const pending = { kind: 'pretended', username: 'akadmin', email: '' };
  const input = { request: { user }, flow_plan: { slug: 'f', context: { pending_user: pending } } };
  expect(await run(source, input, { ask })).toMatchObject({
    result: [true, false, 1, true, true, false, false, true],
  });
});

it('a user of a query can be set as the pending user', async () => {
  const source = 'context["flow_plan"].context["pending_user"] = ak_user_by(username="akadmin")\nreturn True';
  const outcome = await run(source, { flow_plan: { slug: 'f', context: {} } }, { ask: async () => [admin] });
  expect(outcome.context).toEqual({ set: { pending_user: admin }, unset: [] });
});

it('a policy fails with the error that the host process returns', async () => {
  const ask = async () => {
    throw new Error("Policy 'other' not found.");
  };
  expect(await run('return ak_call_policy("other")', {}, { ask })).toMatchObject({
    truth: false,
    error: "Policy 'other' not found.",
  });
});

it('a policy fails when the reply of the host process is too large', async () => {
  const ask = async () => 'x'.repeat(2 ** 20);
  expect((await run('return ak_user_by(username="a")', {}, { ask })).error).toBe('The reply of the host is too large.');
});

it('a request that is too large is not sent to the host process', async () => {
  const { requests, ask } = hostReplying(null);
  expect((await run('ak_user_by(name="x" * 1_000_000)', {}, { ask })).error).toBe(
    'The request to the host is too large.',
  );
  expect(requests).toEqual([]);
});

it('a request without a reply ends at the time limit, and the next evaluation works', async () => {
  const ask = () => new Promise<never>(() => undefined);
  const outcome = await run('return ak_user_by(username="a")', {}, { ask, timeoutMs: 1000 });
  expect(outcome.error).toBe('The policy exceeded its time limit.');
  expect(await run('return 1')).toMatchObject({ result: 1 });
});
