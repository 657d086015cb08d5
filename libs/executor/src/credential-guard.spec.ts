import { defineStage, type Effect, type PlanContext, type StageContract } from '@gatehouse/contracts';
import type { FlowRunView } from '@gatehouse/executor';
import { StageContractRegistry } from '@gatehouse/executor';
import { ALICE, flowOf } from '@gatehouse/executor/testing';
import { createPlan, type InsertableProof, type Plan } from '@gatehouse/plan';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { CredentialGuard } from './credential-guard.js';

const none = z.object({});
const contractOf = (kind: string, more: Partial<StageContract> = {}): StageContract => ({
  ...defineStage({
    ...{ kind, component: undefined, model: undefined, service: 'test' },
    ...{ config: none, challenge: none, response: none, state: none },
  }),
  ...more,
});
const DEVICE = { kind: 'device', config: { otherwise: 'skip' }, factor: 'device' } as const;
const PASSWORD = { kind: 'password', config: {}, factor: 'password' } as const;
const LOGIN = 'login' satisfies Effect['type'];

class FixedContractRegistry extends StageContractRegistry {
  private readonly contracts = [
    contractOf('page'),
    contractOf('change', { changes_credentials: ({ config }) => config['harmless'] !== true }),
    contractOf('compare', { compares_credentials: ({ harmless }) => harmless !== true }),
    contractOf('login', { effects: [LOGIN] }),
    contractOf('code', { effects: ['authorize'] }),
    contractOf('finish', { requires_session: true }),
  ];
  find(kind: string) {
    return this.contracts.find((contract) => contract.kind === kind);
  }
  hasComponent = () => false;
  isSecretField = () => false;
  ownFact = () => undefined;
  proofSteps = () => [DEVICE, PASSWORD];
}

const BOB = { ...ALICE, uuid: '52d16d74-3a1f-4c4c-8e49-6f4d2b3c5d6e', username: 'bob' };

interface GuardCase {
  readonly kind?: string;
  readonly config?: Record<string, unknown>;
  readonly context?: PlanContext;
  readonly plan?: Partial<Plan>;
  /** The session's user, and whether the session's login is recent enough to change credentials. */
  readonly session?: { readonly user?: typeof ALICE; readonly recent: boolean };
  readonly token?: boolean;
}

function proofBefore({ kind = 'change', config = {}, context = {}, session, token, plan = {} }: GuardCase) {
  const version = flowOf([{ kind }]);
  const run = {
    context: { version, request: token ? { authenticate: async () => ALICE } : {} },
    plan: { ...createPlan(version, 'p'), visitor: session?.user?.uuid ?? null, context, ...plan },
    session: { sessionUser: session?.user ?? null, recentlyProved: session?.recent ?? false },
  } as unknown as FlowRunView;
  const step = { id: 's', name: 's', stage: 's', kind, config, onRefusal: 'retry', policies: undefined } as const;
  return new CredentialGuard(new FixedContractRegistry()).proofBefore(run, step);
}

const OLD = { user: ALICE, recent: false };
const asks = ({ kind, config }: InsertableProof) => ({ where: 'before', steps: [{ kind, config }] });
const proved = { verified_user: ALICE.uuid };

it.each<[string, GuardCase]>([
  ['a step that changes no credentials', { kind: 'page', session: OLD }],
  ['a step whose config changes no credentials', { config: { harmless: true }, session: OLD }],
  ['the user of a recent login', { session: { user: ALICE, recent: true } }],
  ['a user who was verified in the plan', { session: OLD, context: proved }],
  ['a request with an API token in whose plan the user was verified', { session: OLD, token: true, context: proved }],
  ['an anonymous visitor of a flow that names a user', { context: { pending_user: ALICE } }],
  ['a visitor of a flow about another user', { session: OLD, context: { pending_user: BOB } }],
  ['a login in a request without an API token', { kind: 'login', context: { pending_user: ALICE } }],
])('the guard inserts no proof step for %s', (_, guardCase) => {
  expect(proofBefore(guardCase)).toBeUndefined();
});

it('the guard asks for a device first and then for the password if the login is old (accident 55)', () => {
  expect(proofBefore({ session: OLD })).toEqual(asks(DEVICE));
  const before = { id: 's~1', ...DEVICE };
  expect(proofBefore({ session: OLD, plan: { steps: [before, { binding: 's' }], cursor: 1 } })).toEqual(asks(PASSWORD));
  const others = { id: 't~1', ...DEVICE };
  expect(proofBefore({ session: OLD, plan: { steps: [others, { binding: 's' }], cursor: 1 } })).toEqual(asks(DEVICE));
});

it('the guard refuses the step if none of its inserted steps has proved the user', () => {
  const steps = [{ id: 's~1', ...DEVICE }, { id: 's~2', ...PASSWORD }, { binding: 's' }];
  expect(() => proofBefore({ session: OLD, plan: { steps, cursor: 2 } })).toThrow('Log out, log in again');
});

it('the guard requires a proof from a visitor who has proved only an app password (accident 55)', () => {
  const context = { pending_user: ALICE, auth_method: 'token' };
  expect(proofBefore({ context })).toEqual(asks(DEVICE));
});

it.each<[string, GuardCase]>([
  ['to change credentials', { session: { user: ALICE, recent: false } }],
  ['to change credentials of another user', { session: OLD, context: { pending_user: BOB } }],
  [
    'to change credentials in a plan in which another user was verified',
    { session: OLD, context: { pending_user: ALICE, verified_user: BOB.uuid } },
  ],
  ['to log its own user in', { kind: 'login', session: OLD, context: { pending_user: ALICE } }],
  ['to log another user in', { kind: 'login', session: OLD, context: { pending_user: BOB } }],
])('the guard does not allow an API token %s (accident 55)', (_, guardCase) => {
  expect(() => proofBefore({ ...guardCase, token: true })).toThrow(/An API token cannot/);
});

it.each(['code', 'finish'])(
  'the guard does not allow an API token to run the step %s, which authorizes a device, even after a proof',
  (kind) => {
    expect(() => proofBefore({ kind, token: true, context: proved })).toThrow('cannot authorize a device');
    expect(proofBefore({ kind, session: OLD })).toBeUndefined();
  },
);

const GHOST = { kind: 'pretended', username: 'ghost', email: '' } as const;

it.each<[string, GuardCase]>([
  ['an old login', { session: OLD }],
  ['a user whose name was typed', { context: { pending_user: ALICE } }],
  ['a typed name without an account', { context: { pending_user: GHOST } }],
  ['another user than that of the session', { session: { user: ALICE, recent: true }, context: { pending_user: BOB } }],
])('the guard inserts a proof step before a step that compares credentials for %s', (_, guardCase) => {
  expect(proofBefore({ kind: 'compare', ...guardCase })).toEqual(asks(DEVICE));
});

it.each<[string, GuardCase]>([
  ['a verified user', { context: { pending_user: ALICE, ...proved } }],
  ['a recent login', { session: { user: ALICE, recent: true } }],
  ['a visitor without a user', {}],
  ['a new user', { context: { pending_user: { kind: 'unsaved', username: 'new', name: '', email: '' } } }],
  ['a config that compares nothing', { config: { harmless: true }, session: OLD }],
])('the guard inserts no proof step before a step that compares credentials for %s', (_, guardCase) => {
  expect(proofBefore({ kind: 'compare', ...guardCase })).toBeUndefined();
});

it('the guard does not allow an API token to run a step that compares credentials', () => {
  expect(() => proofBefore({ kind: 'compare', session: OLD, token: true })).toThrow('An API token cannot');
});

it('a flow that was started for a user with an API token does not count as a proof of that user', () => {
  const plan = { proved_user: ALICE.uuid, begun: { context: { pending_user: ALICE } } };
  expect(() => proofBefore({ token: true, context: { pending_user: ALICE }, plan })).toThrow('cannot set up');
  expect(proofBefore({ session: OLD, context: { pending_user: ALICE }, plan })).toEqual(asks(DEVICE));
});
