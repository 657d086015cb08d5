import { randomBytes, randomUUID } from 'node:crypto';
import { flowOf } from '@gatehouse/executor/testing';
import { enrol, insertJourneys, PlanStoreHarness, publish, REQUEST_FACTS } from '@gatehouse/executor-postgres/testing';
import type { EventFacts } from '@gatehouse/outbox';
import { eventMessage, requestedEventMessage } from '@gatehouse/outbox';
import { createPlan, endPlan, type Plan } from '@gatehouse/plan';
import { uuidV7 } from '@gatehouse/platform';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../../../test/support/commands.js';
import { mailTo, putMessages } from '../../../../test/support/courier-harness.js';

const seal = `k:${randomBytes(32).toString('base64')}`;
const FLOW = flowOf([{ kind: 'page' }, { kind: 'form' }]);
const [FIRST, SECOND] = FLOW.steps.map(({ id }) => id) as [string, string];

let database: PlanStoreHarness;
beforeAll(async () => {
  database = await PlanStoreHarness.open();
});
afterAll(() => database?.close());

const trace = (args: readonly string[], keys = seal) =>
  runCli('flow', ['trace', ...args], { env: { DATABASE_URL: database.url, SEAL_KEYS: keys } });
const put = (...messages: Parameters<typeof putMessages>[0]) =>
  putMessages(messages, { seal, execute: (sql, values) => database.source.query(sql, [...values]) });
const factsOf = (facts: Partial<EventFacts>): EventFacts => ({ ...REQUEST_FACTS, user: undefined, ...facts });
const newRequestId = () => randomBytes(16).toString('hex');

/** Stores a plan in a new session, and returns its id. */
async function store(changes: Partial<Plan> | ((plan: Plan) => Plan), version = FLOW): Promise<string> {
  const slug = `flow-${randomUUID().slice(0, 8)}`;
  const flow = await publish(database.source, slug, version);
  const begun = createPlan(version, uuidV7());
  const plan = typeof changes === 'function' ? changes(begun) : { ...begun, ...changes };
  const session = { newKey: randomBytes(32) };
  await database.sealedBy(seal).create({ ...flow, plan, session, replaces: undefined });
  return plan.id;
}
const entry = (step: string, outcome: string) => ({ step, outcome, at: new Date().toISOString(), ms: 3 });

it('the trace of a running plan has its steps, verdicts and messages in chronological order', async () => {
  const verdicts = { [SECOND]: { pass: true, messages: ['Welcome back'] } };
  const alice = await enrol(database.source);
  const id = await store((plan) => ({ ...plan, trail: [entry(FIRST, 'passed')], cursor: 1, verdicts }));
  const requestId = newRequestId();
  const failed = { action: 'login_failed', context: { username: 'alice', password: 'hidden' } } as const;
  await put(requestedEventMessage(failed, factsOf({ plan: id, requestId, user: alice })));
  const mail = mailTo('alice@example.org');
  const about = { ...(mail.body as { about: object }).about, plan: id };
  const [parked] = await put({ ...mail, body: { ...mail.body, about } });
  await database.source.query(`UPDATE flow.outbox SET parked_at = now(), tries = 3, error = '550 who' WHERE id = $1`, [
    parked,
  ]);

  const { code, stdout } = await trace([id]);
  const [title, state, verdict, ...lines] = stdout.trim().split('\n');
  expect([code, title]).toEqual([0, expect.stringMatching(`^Plan ${id} of the flow flow-\\w+$`)]);
  expect(state).toMatch(/^ {2}at .+ \(form\), which was not shown yet; session: anonymous; the plan expires \S+Z$/);
  expect(verdict).toMatch(/^ {2}policies of the step .+ \(form\): passed, “Welcome back”$/);
  expect(lines).toEqual([
    expect.stringMatching(/^\S+Z {2}begun {2}the plan begins$/),
    expect.stringMatching(/^\S+Z {2}step {3}.+ \(page\): passed {2}ms=3$/),
    expect.stringContaining(`event  login_failed, waits  user="${alice.username}"  client_ip="203.0.113.7"`),
    expect.stringContaining('mail   parked  to="alice@example.org"  template="email/password_reset.html"  tries=3'),
  ]);
  expect(lines[3]).toContain('error="550 who"');
  expect(stdout).not.toMatch(/hidden|012345|flow_token/);
  const [json] = (JSON.parse((await trace([id, '--json'])).stdout) as { traces: unknown[] }).traces;
  expect(json).toMatchObject({ plan: id, entries: [{ kind: 'begun' }, { kind: 'step' }, {}, { what: 'parked' }] });
  expect((await trace([requestId])).stdout).toBe(stdout);
});

it('the trace of an ended plan says how it ended, without the query of its destination', async () => {
  const trail = [entry(FIRST, 'passed'), entry('1~0', 'denied')];
  const denied = { denied: { text: 'Not today.' }, reason: 'policy_refused' };
  expect((await trace([await store((plan) => endPlan({ ...plan, trail }, denied))])).stdout).toMatch(
    /denied: Not today\. \(policy_refused\);[^]* \(page\): passed[^]*step 1~0: denied/,
  );
  const ended = { to: 'https://eve:pw-hidden@app.example/back?code=query-hidden#hash-hidden' };
  const { stdout } = await trace([await store((plan) => endPlan(plan, ended))]);
  expect(stdout).toContain('ended, to https://app.example/back;');
  expect(stdout).not.toContain('hidden');
});

it('the trace escapes control characters, escape sequences and changes of the writing direction', async () => {
  const hostile = 'a\u001b[2Jb\u009b1mc\u202ed\ne';
  const [first, ...others] = FLOW.steps;
  const version = { ...FLOW, steps: [{ ...first!, stage: { ...first!.stage, name: hostile } }, ...others] };
  const trail = [entry(first!.id, 'passed')];
  const id = await store({ trail, verdicts: { [first!.id]: { pass: true, messages: [hostile] } } }, version);
  await put(requestedEventMessage({ action: 'custom_seen', context: { [hostile]: hostile } }, factsOf({ plan: id })));
  const outputs = [await trace([id]), await trace([id, '--json']), await trace([`\u001b[2J\u202e`])];
  for (const { stdout, stderr } of outputs) expect(stdout + stderr).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
  expect(outputs[0]!.stdout).toContain('a\\u{1b}[2Jb\\u{9b}1mc\\u{202e}d\\u{a}e (page): passed');
  expect(outputs[0]!.stdout.trim().split('\n')).toHaveLength(6);
  expect(outputs[1]!.stdout).toContain('a\\u001b[2Jb\\u009b1mc\\u202ed\\ne (page): passed');
  expect(JSON.parse(outputs[1]!.stdout)).toMatchObject({
    traces: [{ stored: { verdicts: [{ messages: [hostile] }] } }],
  });
});

it('the trace names the missing key of a plan, and shows what can be read without it', async () => {
  const id = await store({ trail: [entry(FIRST, 'passed')] });
  const [message] = await put(requestedEventMessage({ action: 'custom_seen', context: {} }, factsOf({ plan: id })));
  const other = `other:${randomBytes(32).toString('base64')}`;
  const { code, stdout } = await trace([id], other);
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/its steps are unknown, because .+ the key k, which is not set: add the key to SEAL_KEYS/),
  ]);
  expect(stdout).toMatch(/Messages of the outbox that could not be opened: \d+\. Set all keys/);
  await database.source.query(
    `WITH gone AS (DELETE FROM flow.outbox WHERE id = $1 RETURNING *)
     INSERT INTO flow.audit_events (id, action, at, plan_id, body) SELECT id, 'custom_seen', made_at, $2, body FROM gone`,
    [message, id],
  );
  expect((await trace([id], other)).stdout).toMatch(/custom_seen, published {2}unreadable="the body of .+ the key k/);
  expect((await trace([id])).stdout).toMatch(/custom_seen, published {2}client_ip="203.0.113.7"/);
});

it('the trace of a deleted plan shows what is left of it, and that of a request its events outside of flows', async () => {
  const [plan, requestId] = [uuidV7(), newRequestId()];
  const logout = { action: 'logout', context: {} } as const;
  await put(
    eventMessage(logout, factsOf({ plan, requestId: newRequestId() })),
    eventMessage(logout, factsOf({ requestId })),
  );
  expect((await trace([plan])).stdout).toMatch(
    /^Plan \S+\n {2}Its steps are deleted: .+\n\S+ {2}event {2}logout, waits/,
  );
  expect((await trace([requestId])).stdout).toMatch(/^Events outside of flows\n\S+ {2}event {2}logout, waits/);
});

it('the trace shows the events of one commit, which have the same time, in the order in which they happened', async () => {
  const plan = uuidV7();
  const users = Array.from({ length: 12 }, (_, i) => `user-${i}`);
  const failure = (username: string) => ({ action: 'login_failed', context: { username } }) as const;
  await put(...users.map((username) => requestedEventMessage(failure(username), factsOf({ plan }))));
  const { stdout } = await trace([plan]);
  expect([...stdout.matchAll(/"username":"(user-\d+)"/g)].map(([, name]) => name)).toEqual(users);
});

it('the trace of a UUID that cannot be the id of a plan says that nothing is stored about it', async () => {
  for (const id of ['ffffffff-ffff-4fff-bfff-ffffffffffff', '00000000-0000-0000-0000-000000000000'])
    expect(await trace([id])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`Nothing is stored about the plan ${id}`),
    });
});

it('the trace of a deleted plan shows from its journey record how it ended, and its steps', async () => {
  const slug = `flow-${randomUUID().slice(0, 8)}`;
  const flow = await publish(database.source, slug, FLOW);
  const planId = uuidV7();
  const steps = [
    { step: FIRST, kind: 'page', outcome: 'passed', ms: 2000 },
    { step: SECOND, kind: 'form', outcome: 'rejected', ms: 3000 },
    { step: '2~0', kind: 'form', outcome: 'abandoned', ms: null },
  ];
  const ended = {
    outcome: 'denied',
    reason: 'too_many_attempts',
    steps,
    endedAt: new Date(Date.now() + 6000),
  } as const;
  await insertJourneys(database.source, [{ ...flow, ...ended, planId }]);
  const { stdout } = await trace([planId]);
  const [title, state, ...lines] = stdout.trim().split('\n');
  expect(title).toBe(`Plan ${planId} of the flow ${slug}`);
  expect(state).toMatch(
    /^ {2}denied \(too_many_attempts\) at \S+Z; the plan is deleted, so its steps are those of its /,
  );
  expect(lines).toEqual([
    expect.stringMatching(/^\S+Z {2}begun {2}the plan begins$/),
    expect.stringMatching(/^\S+Z {2}step {3}.+ \(page\): passed$/),
    expect.stringMatching(/^\S+Z {2}step {3}.+ \(form\): rejected$/),
    expect.stringMatching(/^\S+Z {2}step {3}step 2~0 \(form\): abandoned$/),
  ]);
  const [begun = 0, first = 0, second = 0] = lines.map((line) => Date.parse(line.split(' ')[0]!));
  expect([first - begun, second - first]).toEqual([2000, 3000]);
  const json = (await trace([planId, '--json'])).stdout;
  expect(JSON.parse(json)).toMatchObject({ traces: [{ stored: null, record: { outcome: 'denied', flow: slug } }] });
});

it('the trace says that the account is locked now, and marks the answer that was refused while it was locked', async () => {
  const alice = await enrol(database.source);
  await database.source.query('UPDATE directory.users SET is_active = false WHERE id = $1', [alice.uuid]);
  const id = await store((plan) => ({ ...plan, context: { ...plan.context, pending_user: alice } }));
  const failed = { action: 'login_failed', context: { username: alice.username } } as const;
  const facts = { plan: id, requestId: newRequestId() };
  await put(
    requestedEventMessage(failed, factsOf({ ...facts, user: { ...alice, is_active: false } })),
    requestedEventMessage(failed, factsOf({ ...facts, user: alice })),
  );
  const { stdout } = await trace([id]);
  expect(stdout).toContain(`, user ${alice.username} (locked now)`);
  const events = stdout.split('\n').filter((line) => line.includes('login_failed'));
  // Events of the same millisecond may be listed in either order.
  expect(events).toHaveLength(2);
  expect(events.filter((line) => line.includes('account="locked"'))).toHaveLength(1);
});

it.each([
  ['an unknown plan', [uuidV7()], 'Nothing is stored about the plan'],
  ['an unknown request', [newRequestId()], 'Search the logs of the gateways for the request id'],
  ['an id of another form', ['x'], 'is neither the id of a plan (a UUID) nor of a request'],
  ['no id', [], 'usage: npm run flow -- trace PLAN_OR_REQUEST_ID'],
  ['two ids', [uuidV7(), uuidV7()], 'usage: npm run flow -- trace'],
  ['an unknown option', [uuidV7(), '--all'], "Unknown option '--all'"],
])('the trace refuses %s with a sentence and exit code 1', async (_, args, message) => {
  const { code, stdout, stderr } = await trace(args);
  expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining(message)]);
  expect(stderr).not.toMatch(/\n +at /);
});
