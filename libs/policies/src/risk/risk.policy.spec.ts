import { GeoLocator } from '@gatehouse/platform';
import { describe, expect, it } from 'vitest';
import { FixedReputation, FixedUsers } from '../../testing/fixed-repositories.js';
import { InMemoryLoginPlaces, loginAt } from '../../testing/in-memory-login-places.js';
import { ALICE, policyInput } from '../../testing/index.js';
import type { LoginPlace } from '../login-places.repository.js';
import { Breaches } from './breaches.js';
import { riskContract } from './risk.contract.js';
import { RiskPolicy } from './risk.policy.js';
import { RiskHistory } from './risk-history.js';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0';

class FixedGeoLocator extends GeoLocator {
  findNetwork = () => undefined;
  findLocation = () => ({ continent: 'EU', country: 'DE', city: undefined, latitude: 0, longitude: 0 });
}
interface Situation {
  readonly logins?: readonly LoginPlace[];
  readonly daysAgo?: number;
  readonly score?: number;
  readonly context?: Record<string, unknown>;
  readonly list?: { has(password: string): Promise<boolean> } | undefined;
  readonly user?: typeof ALICE | null;
  readonly dry_run?: 'shadow' | 'preview';
}
const LEAKED = { has: async (password: string) => ['leaked'].includes(password) };
/** The weights of all factors. They are powers of two, so that each combination has another sum. */
const WEIGHTS = {
  ...{ new_country: 1, impossible_travel: 2, new_device: 4, dormant_account: 8, address_reputation: 16 },
  breached_password: 32,
};

async function ask(situation: Situation, config: Record<string, unknown> = {}) {
  const { logins = [], daysAgo = 1, score = 0, context = {}, user = ALICE, dry_run } = situation;
  const list = 'list' in situation ? situation.list : LEAKED;
  const history = new RiskHistory(new InMemoryLoginPlaces(logins), new FixedUsers(daysAgo), new FixedReputation(score));
  const policy = new RiskPolicy(
    new FixedGeoLocator(),
    history,
    new Breaches(list && { ...list, close: async () => {} }),
  );
  const request = {
    ...{ user, client: { ip: '203.0.113.7', user_agent: FIREFOX, outpost: false } },
    ...{ flow_plan: { slug: 'x', context }, ...(dry_run && { dry_run }) },
  };
  const input = policyInput(riskContract, { config: { ...WEIGHTS, threshold: 1, ...config }, request });
  const outcome = await policy.evaluate(input);
  return { ...outcome, events: input.facts.changes.events };
}

const SAFE = loginAt(0, 1);

describe('a risk policy', () => {
  it.each<[string, { situation: Situation; weight: number; message: string }]>([
    [
      'new_country',
      { situation: { logins: [loginAt(0, 1, { country: 'FR' })] }, weight: 1, message: 'Login from a new country.' },
    ],
    [
      'impossible_travel',
      {
        situation: { logins: [SAFE, loginAt(90, 1)] },
        weight: 2,
        message: 'Place cannot be reached since an earlier login.',
      },
    ],
    [
      'new_device',
      {
        situation: { logins: [loginAt(0, 1, { device: 'Safari on iOS' })] },
        weight: 4,
        message: 'Login with a new device.',
      },
    ],
    ['dormant_account', { situation: { daysAgo: 90 }, weight: 8, message: 'Account was not used for a long time.' }],
    ['address_reputation', { situation: { score: -5 }, weight: 16, message: 'Address has a bad reputation.' }],
    [
      'breached_password',
      {
        situation: { context: { prompt_data: { password: 'leaked' } } },
        weight: 32,
        message: 'Password is in a list of leaked passwords.',
      },
    ],
  ])(
    'passes because of the factor %s, and names it in a message and in an event',
    async (factor, { situation, weight, message }) => {
      expect(await ask(situation)).toEqual({
        ...{ pass: true, messages: [message] },
        events: [
          {
            action: 'custom_risk',
            context: { policy: 'risk', score: weight, threshold: 1, reasons: [{ factor, weight }] },
          },
        ],
      });
      expect(await ask(situation, { [factor]: 0 })).toEqual({ pass: false, messages: [], events: undefined });
    },
  );

  it('passes if the sum of the weights reaches the threshold', async () => {
    const situation = { daysAgo: 91, score: -6 };
    expect(await ask(situation, { threshold: 24 })).toMatchObject({ pass: true });
    expect(await ask(situation, { threshold: 25 })).toMatchObject({
      ...{ pass: false, messages: ['Account was not used for a long time.', 'Address has a bad reputation.'] },
      events: [{ context: { score: 24, threshold: 25 } }],
    });
  });

  it('does not pass for an ordinary login, a first login or a visitor without an account', async () => {
    const none = { pass: false, messages: [], events: undefined };
    expect(await ask({ logins: [SAFE], daysAgo: 89, score: -4, context: { password: 'rare' } })).toEqual(none);
    expect(await ask({})).toEqual(none);
    expect(await ask({ user: null, logins: [loginAt(90, 1)], daysAgo: 900 })).toEqual(none);
  });

  it.each(['shadow', 'preview'] as const)('writes no event in a dry run (%s)', async (dry_run) => {
    expect(await ask({ score: -9, dry_run })).toMatchObject({ pass: true, events: undefined });
  });

  it.each<[string, Situation, Record<string, unknown>]>([
    ['if BREACH_LIST is not set', { list: undefined }, {}],
    ['if reading the list fails', { list: { has: () => Promise.reject(new Error('BREACH_LIST is cut')) } }, {}],
    ['if only the password could reach the threshold', { list: undefined, score: -9 }, { threshold: 48 }],
  ])('that judges typed passwords is undecided %s', async (_title, situation, config) => {
    await expect(ask({ context: { password: 'x' }, ...situation }, config)).rejects.toThrow('BREACH_LIST is');
  });

  it('decides without looking up the password if the lookup cannot change the result', async () => {
    const situation = { list: undefined, context: { password: 'x' }, score: -9 };
    expect(await ask(situation, { threshold: 16 })).toMatchObject({
      ...{ pass: true, messages: ['Address has a bad reputation.'] },
      events: [{ context: { score: 16, reasons: [{ factor: 'address_reputation' }] } }],
    });
    expect(await ask(situation, { threshold: 49 })).toMatchObject({ pass: false });
    expect(await ask({ list: undefined })).toMatchObject({ pass: false });
  });
});
