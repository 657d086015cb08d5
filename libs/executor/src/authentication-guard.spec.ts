import { defineStage, type PlanContext } from '@gatehouse/contracts';
import type { FlowRunView, SessionState } from '@gatehouse/executor';
import { ALICE, flowOf } from '@gatehouse/executor/testing';
import { createPlan, type PlannedStep } from '@gatehouse/plan';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { requestedProof } from './authentication-guard.js';

const none = z.object({});
const DEVICE = { kind: 'device', config: { any: true } };
const SECOND = { kind: 'device', config: { second: true } };
const KEY = { kind: 'device', config: { keys: true } };
const PASSWORD = { kind: 'password', config: {} };
const contracts = {
  find: (kind: string) =>
    defineStage({
      ...{ kind, component: undefined, model: undefined, service: 'test', effects: kind === 'login' ? ['login'] : [] },
      ...{ config: none, challenge: none, response: none, state: none },
    }),
  proofSteps: () =>
    [
      { ...DEVICE, factor: 'device', second_factor: SECOND.config, phishing_resistant: KEY.config },
      { ...PASSWORD, factor: 'password' },
    ] as const,
};

const BOB = { ...ALICE, uuid: '52d16d74-3a1f-4c4c-8e49-6f4d2b3c5d6e', username: 'bob' };

interface GuardCase {
  readonly query: Record<string, string>;
  readonly kind?: string;
  readonly context?: PlanContext;
  /** Methods of the session's login, with the seconds since they were proved. */
  readonly login?: Record<string, number>;
  readonly user?: typeof ALICE;
  readonly inserted?: readonly string[];
}

/** Returns the kind and config of the step that is inserted before a step of Alice's plan. */
function inserted({ query, kind = 'login', context = {}, login, user = ALICE, inserted: kinds = [] }: GuardCase) {
  const version = flowOf([{ kind }]);
  const added = kinds.map((name, i): PlannedStep => ({ id: `s~${i + 1}`, kind: name, config: {} }));
  const plan = createPlan(version, 'p');
  const run = {
    context: { version },
    plan: {
      ...plan,
      ...{ query, steps: [...added, ...plan.steps], cursor: added.length, visitor: login ? user.uuid : null },
      context: { pending_user: ALICE, ...context },
    },
    session: {
      sessionUser: login ? user : null,
      login: login && { user: user.uuid, ageS: Math.min(...Object.values(login)), methodAges: login },
    } as unknown as SessionState,
  } as unknown as FlowRunView;
  const step = { id: 's', name: 's', stage: 's', kind, config: {}, onRefusal: 'retry', policies: undefined } as const;
  const insert = requestedProof(run, step, contracts);
  expect(insert?.where ?? 'before').toBe('before');
  return insert?.steps[0];
}

const aal2 = { acr_values: 'aal2' };
const byPassword = { auth_method: 'password', auth_method_args: {} };
const byKey = {
  auth_method: 'auth_webauthn_pwl',
  auth_method_args: { mfa_devices: [{ model_name: 'webauthndevice' }] },
};
const proved = { verified_user: ALICE.uuid };

describe('requestedProof before a step that logs in', () => {
  it.each<[string, GuardCase]>([
    ['the query asks for nothing', { query: {}, context: byPassword }],
    ['the query asks for any login', { query: { acr_values: 'aal1' }, context: byPassword }],
    ['only contexts of another server are named', { query: { acr_values: 'urn:gold' }, context: byPassword }],
    ['the session has a password and a device', { query: aal2, login: { pwd: 9e5, otp: 9e5 } }],
    ['the login is young enough', { query: { max_age: '60' }, login: { pwd: 60 } }],
    ['an old login was proved anew in the plan', { query: { max_age: '60' }, login: { pwd: 61 }, context: proved }],
    ['the visitor has just logged in', { query: { prompt: 'login', max_age: '0' }, context: byPassword }],
    ['all proofs were asked for', { query: aal2, context: byPassword, inserted: ['device'] }],
    ['the step does not log in', { query: aal2, kind: 'page', context: byPassword }],
  ])('asks for no further proof if %s', (_, guardCase) => {
    expect(inserted(guardCase)).toBeUndefined();
  });

  it.each<[string, GuardCase, object]>([
    ['a device after a password', { query: aal2, context: byPassword }, SECOND],
    ['a device beside the password of the session', { query: aal2, login: { pwd: 9e5 } }, SECOND],
    ['a device beside a mailed code of the session', { query: aal2, login: { pwd: 5, email: 5 } }, SECOND],
    ['a password beside the key of the session', { query: aal2, login: { pop: 5 } }, PASSWORD],
    ['a password after a key', { query: aal2, context: byKey }, PASSWORD],
    ['a key only', { query: { acr_values: 'phr' }, login: { pwd: 5, otp: 5 } }, KEY],
    ['any device if a key is preferred', { query: { acr_values: 'phr aal2' }, login: { pwd: 5 } }, SECOND],
    ['a device if the login is too old', { query: { max_age: '60' }, login: { pwd: 61 } }, DEVICE],
    [
      'a password after the inserted device step',
      { query: { max_age: '60' }, login: { pwd: 61 }, inserted: ['device'] },
      PASSWORD,
    ],
    ['a device for a new login', { query: { prompt: 'login' }, login: { pwd: 0 } }, DEVICE],
    [
      'the device again if its proof in the session is too old',
      { query: { ...aal2, max_age: '60' }, login: { pwd: 5, otp: 61 } },
      SECOND,
    ],
    [
      'a password for a new login, also if the session has proofs',
      { query: { ...aal2, prompt: 'login' }, login: { pwd: 5, otp: 5 } },
      PASSWORD,
    ],
  ])('asks for %s', (_, guardCase, expected) => {
    expect(inserted(guardCase)).toEqual(expected);
  });

  it('does not count the proofs of another user’s session', () => {
    expect(inserted({ query: aal2, login: { pwd: 5, otp: 5 }, user: BOB, context: byPassword })).toEqual(SECOND);
  });
});
