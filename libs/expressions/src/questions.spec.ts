import { afterAll, beforeAll, expect, it } from 'vitest';
import { evaluator } from '../testing/index.js';
import { Interpreter } from './index.js';

let interpreter: Interpreter;
const run = evaluator(() => interpreter);

beforeAll(async () => {
  interpreter = await Interpreter.start({ memoryMb: 128 });
});
afterAll(() => interpreter.close());

const admin = { kind: 'saved', uuid: '5d0b', username: 'akadmin', password_usable: true };

/** Keeps what was asked, and answers all of it alike. */
function answering(answer: unknown) {
  const asked: [string, unknown][] = [];
  const ask = async (name: string, args: unknown) => {
    asked.push([name, args]);
    return answer;
  };
  return { asked, ask };
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
])('%s asks the house', async (...[expression, question, answer, result]) => {
  const { asked, ask } = answering(answer);
  expect(await run(`return ${expression}`, { request: { user: admin } }, { ask })).toMatchObject({ result });
  expect(asked).toEqual([question]);
});

it.each([
  ['get("http://a/?b=1#c", params={"d": [2, 3]})', { method: 'GET', url: 'http://a/?b=1&d=2&d=3#c' }],
  ['post("http://a", json={"b": None})', { headers: { 'content-type': 'application/json' }, body: '{"b": null}' }],
  [
    'put("http://a", data={"b": "c d"})',
    { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'b=c+d' },
  ],
  ['patch("http://a", data="ü", headers={"X": 1})', { headers: { X: '1' }, body: 'ü' }],
  ['get("http://a", auth=("b", "c"))', { headers: { authorization: 'Basic Yjpj' } }],
  ['get("http://a", timeout=(0.5, 2), allow_redirects=False)', { timeout_ms: 2000, redirects: false }],
  ['head("http://a")', { method: 'HEAD', redirects: false }],
])('requests.%s asks the house', async (call, part) => {
  const { asked, ask } = answering({ status: 200, reason: 'OK', url: 'http://a/', headers: {}, body: '' });
  expect(await run(`return requests.${call}.status_code`, {}, { ask })).toMatchObject({ result: 200 });
  const [[name, question] = []] = asked as [string, { body: string | null }][];
  const body = question?.body && Buffer.from(question.body, 'base64').toString();
  expect([name, { ...question, body }]).toMatchObject(['http', part]);
});

it('the answer of a server is read as the library has it', async () => {
  const body = Buffer.from('{"a": "ü"}').toString('base64');
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  const { ask } = answering({ status: 404, reason: 'Not Found', url: 'http://a/', headers, body });
  const source = `answer = requests.get("http://a/")
try:
  answer.raise_for_status()
except requests.HTTPError as error:
  said = str(error)
return [answer.ok, bool(answer), answer.text, answer.content.decode(), answer.json()["a"],
  answer.headers["Content-Type"], "CONTENT-type" in answer.headers, answer.headers.get("x", 1), answer.url, said]`;
  const { result } = await run(source, {}, { ask });
  expect(result).toEqual([
    ...[false, false, '{"a": "ü"}', '{"a": "ü"}', 'ü', headers['content-type'], true, 1, 'http://a/'],
    '404 Not Found for http://a/',
  ]);
});

it('a flow is closed to others by the source that shipped flows use for it', async () => {
  const { asked, ask } = answering(1);
  const source = `
from authentik.flows.models import Flow, FlowAuthenticationRequirement
Flow.objects.filter(slug="initial-setup").update(
    authentication=FlowAuthenticationRequirement.REQUIRE_SUPERUSER,
)
return True`;
  expect(await run(source, {}, { ask })).toMatchObject({ truth: true });
  const values = { authentication: 'require_superuser' };
  expect(asked).toEqual([['update_flow', { filters: { slug: 'initial-setup' }, values }]]);
});

it.each([
  ['User', 'users_by', 'user'],
  ['Group', 'groups_by', 'group'],
])('the one %s that is asked for is the only one, or an error that can be caught', async (model, question, noun) => {
  const get = (source: string) => `from authentik.core.models import ${model}\n${source}`;
  const one = { pk: 1, name: 'a' };
  const { asked, ask } = answering([one]);
  expect(await run(get(`return ${model}.objects.get(name="a").pk`), {}, { ask })).toMatchObject({ result: 1 });
  expect(asked).toEqual([[question, { filters: { name: 'a' }, most: 2 }]]);
  for (const [found, error, text] of [
    [[], 'DoesNotExist', `There is no such ${noun}.`],
    [[one, one], 'MultipleObjectsReturned', `There is more than one such ${noun}.`],
  ] as const) {
    const given = { ask: answering(found).ask };
    const caught = `try:\n  return ${model}.objects.get(name="a")\nexcept ${model}.${error}:\n  return "caught"`;
    expect(await run(get(caught), {}, given)).toMatchObject({ result: 'caught' });
    expect(await run(get(`return ${model}.objects.get(name="a")`), {}, given)).toMatchObject({ error: text });
  }
});

it('a user who was found can become the pending one', async () => {
  const source = 'context["flow_plan"].context["pending_user"] = ak_user_by(username="akadmin")\nreturn True';
  const outcome = await run(source, { flow_plan: { slug: 'f', context: {} } }, { ask: async () => [admin] });
  expect(outcome.context).toEqual({ set: { pending_user: admin }, unset: [] });
});

it('a question that cannot be answered fails the policy, with its reason', async () => {
  const ask = async () => {
    throw new Error("Policy 'other' not found.");
  };
  expect(await run('return ak_call_policy("other")', {}, { ask })).toMatchObject({
    truth: false,
    error: "Policy 'other' not found.",
  });
});

it('a question that is answered with too much fails the policy', async () => {
  const ask = async () => 'x'.repeat(2 ** 20);
  expect((await run('return ak_user_by(username="a")', {}, { ask })).error).toBe('The answer is too long.');
});

it('a question that is too long is not asked', async () => {
  const { asked, ask } = answering(null);
  expect((await run('ak_user_by(name="x" * 1_000_000)', {}, { ask })).error).toBe('The question is too long.');
  expect(asked).toEqual([]);
});

it('a question that nobody answers ends with the time of the policy, and the interpreter goes on', async () => {
  const ask = () => new Promise<never>(() => undefined);
  const outcome = await run('return ak_user_by(username="a")', {}, { ask, timeoutMs: 1000 });
  expect(outcome.error).toBe('The time for the policy is over.');
  expect(await run('return 1')).toMatchObject({ result: 1 });
});
