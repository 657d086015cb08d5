import { char, defineStage, type Effect, type PolicyReply, type StageReply, type User } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { contractViolations, policyViolations } from './contract-violations.js';

const drafted = {
  kind: 'sample',
  component: 'ak-stage-sample',
  model: 'samples.sample',
  service: 'sample',
  config: z.object({}),
  challenge: z.object({ asks: z.string() }),
  response: z.object({ answer: char() }),
  state: z.object({ asked: z.number().optional() }),
} as const;

const modest = defineStage(drafted);
const contract = defineStage({
  ...drafted,
  writes: ['pending_user', 'auth_method'],
  effects: ['event', 'login', 'mail', 'cookie', 'end_sessions'],
  cookies: ['authentik_sample'],
  inserts: ['redirect'],
});
const silent = defineStage({ ...drafted, component: undefined, challenge: z.object({}) });

const alice: User = {
  ...{ kind: 'saved', uuid: '41c05c63-2f0e-4b3b-9d38-5e3c1a2b4c5d', pk: 1, username: 'alice', name: 'Alice' },
  ...{ email: 'alice@example.org', is_active: true, epoch: 1, locale: '' },
};
const login: Effect = {
  ...{ type: 'login', user: '41c05c63-2f0e-4b3b-9d38-5e3c1a2b4c5d', backend: 'inbuilt', duration_s: null },
  ...{ bindings: { network: 'no_binding', geoip: 'no_binding' }, terminate_other_sessions: false },
};
const event: Effect = { type: 'event', action: 'login', context: {} };
const mail: Effect = {
  ...{ type: 'mail', to: { address: 'alice@example.org', name: 'Alice' }, template: 't', subject: 's', locale: '' },
  variables: {},
};
const cookie = (name: string): Effect => ({ type: 'cookie', name, value: 'x', max_age_s: 60 });
const toast: Effect = { type: 'toast', level: 'info', message: 'Hello' };

const passed = (rest: Omit<Extract<StageReply, { type: 'passed' }>, 'type'> = {}): StageReply => ({
  type: 'passed',
  ...rest,
});
const redirect = { where: 'next' as const, steps: [{ kind: 'redirect', config: { to: '/' } }] };

it('a stage reports a consent only if its contract asks for consent', () => {
  const facts = { pendingUser: alice, attached: [] };
  const asker = defineStage({ ...drafted, consent: 'asked' });
  expect(contractViolations(asker, passed({ consented: true }), facts)).toEqual([]);
  for (const other of [modest, defineStage({ ...drafted, consent: 'needed' })])
    expect(contractViolations(other, passed({ consented: true }), facts)).toEqual([
      'reports a consent, which its contract does not ask for',
    ]);
});

it('a stage may request a known event only with the context of that event, and any other event with any context', () => {
  const facts = { pendingUser: alice, attached: [] };
  const records = (action: string, context: Record<string, unknown>) =>
    contractViolations(contract, passed({ effects: [{ type: 'event', action, context }] }), facts);
  expect(records('login_failed', { username: 7 })).toEqual([
    'asks for the event login_failed with a context that does not fit the action',
  ]);
  expect([
    records('invitation_used', { name: 'x', more: 1 }),
    // The form of the event in services before version 1.0.
    records('invitation_used', { invitation_uuid: 'x' }),
    records('terms_accepted', { any: 1 }),
  ]).toEqual([[], [], []]);
});

describe('contractViolations returns no violation for a stage that', () => {
  it.each<[string, StageReply]>([
    ['passes', passed()],
    [
      'writes facts, has effects and inserts steps that its contract lists',
      passed({ context: { auth_method: 'x' }, effects: [event, login], insert: redirect }),
    ],
    ['removes a fact that it may write', passed({ context: { auth_method: null } })],
    ['shows a challenge that matches its schema', { type: 'challenge', challenge: { asks: 'x' } }],
    [
      'rejects an answer and shows its challenge again',
      { type: 'rejected', errors: {}, challenge: { asks: 'x' }, effects: [event] },
    ],
    [
      'sends a code with the challenge that asks for it',
      { type: 'challenge', challenge: { asks: 'x' }, effects: [mail] },
    ],
    ['sets a cookie that it may read', passed({ effects: [cookie('authentik_sample')] })],
    ['denies and requests an event', { type: 'denied', effects: [event] }],
  ])('%s', (_what, reply) => {
    expect(contractViolations(contract, reply, { pendingUser: alice, attached: [] })).toEqual([]);
  });
  it('shows the visitor a toast when it denies', () => {
    const talking = { ...contract, effects: [...contract.effects, 'toast' as const] };
    const reply: StageReply = { type: 'denied', effects: [event, toast] };
    expect(contractViolations(talking, reply, { pendingUser: alice, attached: [] })).toEqual([]);
  });
  it('writes the pending user with its uuid only', () => {
    const { uuid } = alice as Extract<User, { kind: 'saved' }>;
    expect(
      contractViolations(contract, passed({ context: { pending_user: { kind: 'saved', uuid, backend: 'x' } } }), {
        pendingUser: alice,
        attached: [],
      }),
    ).toEqual([]);
  });
});

describe('a compromised stage', () => {
  const refused = (stage: typeof contract | typeof modest | typeof silent, reply: StageReply, user?: User) =>
    contractViolations(stage, reply, { pendingUser: user, attached: ['inner'] }).join('; ');

  it('may request no effect that its contract does not list', () => {
    expect(refused(contract, passed({ effects: [toast] }))).toContain('the effect toast');
    expect(refused(modest, passed({ effects: [login] }))).toContain('the effect login');
  });
  it('may set no cookie that its contract does not list', () => {
    expect(refused(contract, passed({ effects: [cookie('authentik_session')] }))).toContain('authentik_session');
  });
  const other = '52d16d74-3a1f-4c4c-8e49-6f4d2b3c5d6e';
  it.each<Effect>([
    login,
    { type: 'end_sessions', user: other },
    { type: 'event', action: 'user_write', context: { created: false }, user: other },
  ])('may request no effect on another user than the pending user ($type)', (effect) => {
    expect(refused(contract, passed({ effects: [effect] }))).toContain('whom the plan is not about');
    expect(refused(contract, passed({ effects: [effect] }), { kind: 'pretended', username: 'a', email: '' })).toContain(
      'whom the plan is not about',
    );
  });
  it('may end the sessions of the session’s user, but not log that user in, if the plan has no pending user', () => {
    const facts = { pendingUser: undefined, sessionUser: alice, attached: [] };
    const ending = passed({ effects: [{ type: 'end_sessions', user: alice.uuid }] });
    expect(contractViolations(contract, ending, facts)).toEqual([]);
    expect(contractViolations(contract, passed({ effects: [login] }), facts)).toHaveLength(1);
    expect(
      contractViolations(contract, ending, { ...facts, pendingUser: { kind: 'pretended', username: 'a', email: '' } }),
    ).toHaveLength(1);
  });
  it('may write no fact that its contract does not list', () => {
    expect(refused(contract, passed({ context: { redirect: 'https://evil.example' } }))).toContain('writes redirect');
    expect(refused(modest, passed({ context: { pending_user: alice } }))).toContain('writes pending_user');
  });
  it('may write no fact that does not exist, such as __proto__', () => {
    expect(refused(contract, passed({ context: JSON.parse('{"__proto__": 1}') as Record<string, unknown> }))).toContain(
      'writes __proto__',
    );
  });
  it('may remove no fact that its contract does not list', () => {
    expect(refused(modest, passed({ context: { auth_method: null } }))).toContain('writes auth_method');
  });
  it('may store no state that does not fit the schema of its contract', () => {
    const remembering = (state: Record<string, unknown>): StageReply[] => [
      { type: 'challenge', challenge: { asks: 'x' }, state },
      { type: 'rejected', errors: {}, challenge: { asks: 'x' }, state },
    ];
    for (const reply of remembering({ asked: 'often' })) expect(refused(contract, reply)).toContain('stores a state');
    for (const reply of remembering({ asked: 1 })) expect(refused(contract, reply)).toBe('');
  });
  it('may insert no stage that its config does not refer to', () => {
    const inserting = (attached: string) => passed({ insert: { where: 'next', steps: [{ attached }] } });
    expect(refused(contract, inserting('another'))).toContain('not attached');
    expect(refused(contract, inserting('inner'))).toBe('');
  });
  it('may write no fact whose value does not fit the schema of the fact', () => {
    expect(refused(contract, passed({ context: { auth_method: 7 } }))).toContain('a auth_method of the wrong shape');
    expect(refused(contract, passed({ context: { pending_user: { kind: 'saved', uuid: 'x' } } }))).toContain(
      'wrong shape',
    );
  });
  it.each<[string, User | undefined]>([
    ['another user', alice],
    ['no user', undefined],
    ['a pretended user', { kind: 'pretended', username: 'alice', email: '' }],
  ])('may set no user with nothing but a uuid if the pending user is %s', (_whom, pending) => {
    const otherUser = { kind: 'saved', uuid: '52d16d74-3a1f-4c4c-8e49-6f4d2b3c5d6e' };
    expect(refused(contract, passed({ context: { pending_user: otherUser } }), pending)).toContain('wrong shape');
  });
  it('may report no credential as verified that its contract does not list', () => {
    const where = { member: 'class', values: ['totp', 'a.b'] };
    const rule = { when: 'code', free: 1, hard: 2, refuse: { field: 'code', code: 'x' } };
    const pick = { field: 'chosen', among: 'offers', where };
    const stage = defineStage({
      ...drafted,
      ...{ renews: ['password'], verifies: ['remembered'] },
      attempts: [
        { ...rule, credential: 'pin' },
        { ...rule, credential: '{class}', pick },
        { ...rule, credential: 'at:{uid}', pick },
      ],
    });
    const found = (...verified: string[]) =>
      contractViolations(stage, passed({ verified }), { pendingUser: alice, attached: [] });
    const listed = ['password', 'remembered', 'pin', 'totp', 'a.b', 'at:1'];

    expect(found(...listed)).toEqual([]);
    for (const credential of ['anything', 'sms', 'axb', 'at:', 'pins'])
      expect(found(credential).join()).toContain(`verifies ${credential}`);
    expect(found(...Array<string>(65).fill('pin'))).toEqual(['verifies more than 64 credentials']);
  });
  it('may insert no step of a kind that its contract does not list', () => {
    const insert = { where: 'next' as const, steps: [{ kind: 'user_login', config: {} }] };
    expect(refused(contract, passed({ insert }))).toContain('of kind user_login');
    expect(refused(modest, passed({ insert: redirect }))).toContain('of kind redirect');
  });
  it('may insert no attached stage if its contract allows no inserts', () => {
    expect(refused(modest, passed({ insert: { where: 'next', steps: [{ attached: 's' }] } }))).toContain(
      'inserts a step',
    );
  });
  it('may show no challenge that does not fit the schema of its contract', () => {
    expect(refused(contract, { type: 'challenge', challenge: { asks: 1 } })).toContain('does not fit');
    expect(refused(contract, { type: 'rejected', errors: {}, challenge: {} })).toContain('does not fit');
  });
  it('may show no challenge if its contract declares none', () => {
    expect(refused(silent, { type: 'challenge', challenge: {} })).toContain('has no component');
    expect(refused(silent, { type: 'rejected', errors: {}, challenge: {} })).toContain('has no component');
  });
  it.each<StageReply>([
    { type: 'rejected', errors: {}, challenge: { asks: 'x' }, effects: [login] },
    { type: 'denied', effects: [login] },
    { type: 'challenge', challenge: { asks: 'x' }, effects: [login] },
  ])('logs no user in with a reply of type $type', (reply) => {
    expect(refused(contract, reply)).toContain(`the effect login with a reply of type ${reply.type}`);
  });
  it('gets a list of all violations in its reply', () => {
    expect(
      contractViolations(modest, passed({ context: { source: 1 }, effects: [toast], insert: redirect }), {
        pendingUser: undefined,
        attached: [],
      }),
    ).toHaveLength(3);
  });
});

describe('a reply that sets another pending user', () => {
  const other = { ...alice, uuid: '52d16d74-3a1f-4c4c-8e49-6f4d2b3c5d6e' };
  const provedUser = (alice as Extract<User, { kind: 'saved' }>).uuid;
  const [pending, proved] = [{ pendingUser: alice }, { pendingUser: alice, provedUser }];
  const noUser = { pendingUser: undefined };

  it.each([
    { identifies: undefined, facts: noUser, verified: ['password'], isAllowed: false },
    { identifies: 'by_proof', facts: noUser, verified: ['device'], isAllowed: true },
    { identifies: 'by_proof', facts: { ...noUser, sessionUser: alice }, verified: ['device'], isAllowed: false },
    { identifies: 'by_proof', facts: { ...noUser, sessionUser: other }, verified: ['device'], isAllowed: true },
    { identifies: 'by_proof', facts: pending, verified: ['device'], isAllowed: false },
    { identifies: 'by_proof', facts: proved, verified: ['device'], isAllowed: false },
    { identifies: 'by_proof', facts: { ...noUser, provedUser }, verified: ['device'], isAllowed: false },
    { identifies: 'by_name', facts: pending, verified: [], isAllowed: true },
    { identifies: 'by_name', facts: proved, verified: [], isAllowed: false },
    { identifies: 'by_name', facts: proved, verified: ['password'], isAllowed: true },
    { identifies: 'by_writing', facts: proved, verified: [], isAllowed: true },
  ] as const)(
    'is allowed with identifies: $identifies, the facts $facts and verified: $verified: $isAllowed',
    (row) => {
      const verifies = ['password', 'device'];
      const stage = defineStage({ ...drafted, writes: ['pending_user'], identifies: row.identifies, verifies });
      const reply = passed({ context: { pending_user: other }, verified: [...row.verified] });
      expect(contractViolations(stage, reply, { ...row.facts, attached: [] })).toHaveLength(row.isAllowed ? 0 : 1);
    },
  );
});

describe('policyViolations: policies', () => {
  const replyOf = (set: Record<string, unknown>, insert?: PolicyReply['insert']): PolicyReply => ({
    results: {},
    context: { set, unset: [] },
    ...(insert && { insert }),
  });
  const refused = (...reply: Parameters<typeof replyOf>) =>
    policyViolations(replyOf(...reply), { pendingUser: alice, provedUser: undefined, ownFact }).join('; ');
  const ownFact = (name: string) => (name === 'x_acme_risk' ? z.int().max(100) : undefined);
  const { uuid } = alice as Extract<User, { kind: 'saved' }>;

  it.each<Record<string, unknown>>([
    { anything: { of: ['their', 'own'] } },
    { toString: 1, constructor: null },
    { pending_user: { kind: 'saved', uuid, backend: 'x' } },
    { pending_user: { ...alice, uuid: '52d16d74-3a1f-4c4c-8e49-6f4d2b3c5d6e' } },
    { prompt_data: { username: 'x' }, redirect: 'https://app.example.org/' },
    { auth_method: null },
    { x_acme_risk: 7, x_other_risk: 'of any shape' },
    { x_acme_risk: null },
  ])('may set %j', (set) => {
    expect(refused(set)).toBe('');
  });

  it.each<[Record<string, unknown>, string]>([
    [{ pending_user: { kind: 'saved', uuid: 'x' } }, 'a pending_user of the wrong shape'],
    [{ redirect: 'javascript:alert(1)' }, 'a redirect of the wrong shape'],
    [{ title: 7 }, 'a title of the wrong shape'],
    [{ x_acme_risk: 'high' }, 'a x_acme_risk of the wrong shape'],
    [{ auth_method: 'password' }, 'sets auth_method'],
    [{ auth_method_args: { mfa_devices: [{ pk: 1 }] } }, 'sets auth_method_args'],
    [{ enrolled_devices: [1] }, 'sets enrolled_devices'],
    [{ verified_user: uuid }, 'sets verified_user'],
    [{ is_restored: { step: 's', user: null } }, 'sets is_restored'],
    [JSON.parse('{"__proto__": {"is_sso": true}}') as Record<string, unknown>, 'sets __proto__'],
  ])('may not set %j', (set, why) => {
    expect(refused(set)).toContain(why);
  });

  it('may not change or remove a pending user who has proved a credential', () => {
    const facts = { pendingUser: alice, provedUser: uuid, ownFact };
    const other = { ...alice, uuid: '52d16d74-3a1f-4c4c-8e49-6f4d2b3c5d6e' };
    const gone: PolicyReply = { results: {}, context: { set: {}, unset: ['pending_user'] } };

    expect(policyViolations(replyOf({ pending_user: other }), facts).join()).toContain('names another user');
    expect(policyViolations(gone, facts).join()).toContain('names another user');
    expect(policyViolations(replyOf({ pending_user: alice, colour: 'red' }), facts)).toEqual([]);
  });

  it('may not set a saved user other than the user of the session', () => {
    const other = { ...alice, uuid: '52d16d74-3a1f-4c4c-8e49-6f4d2b3c5d6e' };
    const unsaved = { kind: 'unsaved', username: 'new', name: '', email: '' };
    const facts = { pendingUser: undefined, sessionUser: alice, ownFact };

    expect(policyViolations(replyOf({ pending_user: other }), facts).join()).toContain('who is logged in');
    for (const named of [alice, unsaved]) expect(policyViolations(replyOf({ pending_user: named }), facts)).toEqual([]);
  });

  it('may insert redirects and no other step', () => {
    expect(refused({}, redirect)).toBe('');
    expect(refused({}, { where: 'next', steps: [{ kind: 'user_login', config: {} }] })).toContain('of kind user_login');
    expect(refused({}, { where: 'last', steps: [{ attached: 's' }] })).toContain('of kind attached');
  });
});
