import { Requester, RequestTimeoutError } from '@gatehouse/platform';
import { describe, expect, it } from 'vitest';
import { ALICE, policyInput } from '../../testing/index.js';
import { UndecidedPolicyError } from '../policy.js';
import {
  NatsPasswordHistoryClient,
  type PasswordComparison,
  PasswordHistoryClient,
} from './password-history.client.js';
import { uniquePasswordContract } from './unique-password.contract.js';
import { UniquePasswordPolicy } from './unique-password.policy.js';

class InMemoryPasswordHistory extends PasswordHistoryClient {
  readonly asked: PasswordComparison[] = [];
  async isReused(comparison: PasswordComparison): Promise<boolean> {
    this.asked.push(comparison);
    return comparison.password === 'old';
  }
}

function ask(
  context: Record<string, unknown>,
  config: Record<string, unknown> = {},
  user: typeof ALICE | null = ALICE,
) {
  const history = new InMemoryPasswordHistory();
  const request = { user, flow_plan: { slug: 'x', context } };
  const outcome = new UniquePasswordPolicy(history).evaluate(policyInput(uniquePasswordContract, { config, request }));
  return { outcome, asked: history.asked };
}

const REUSED = 'This password has been used previously. Please choose a different one.';

describe('a unique password policy', () => {
  it('refuses a password that the user has had, and passes for another one', async () => {
    const { outcome, asked } = ask({ prompt_data: { password: 'old' } }, { num_historical_passwords: 4 });
    expect(await outcome).toEqual({ pass: false, messages: [REUSED] });
    expect(asked).toEqual([{ user: ALICE.uuid, password: 'old', count: 4 }]);
    expect(await ask({ prompt_data: { password: 'new' } }).outcome).toEqual({ pass: true });
  });

  it('compares a password of 4096 characters outside of the basic plane, which a form accepts', async () => {
    const password = '😀'.repeat(4096);
    const { outcome, asked } = ask({ prompt_data: { password } });
    await outcome;
    expect(asked).toMatchObject([{ password }]);
  });

  it('reads the password from the configured field, or from the plan', async () => {
    expect(await ask({ prompt_data: { secret: 'old' } }, { password_field: 'secret' }).outcome).toMatchObject({
      pass: false,
    });
    expect(await ask({ password: 'old' }).outcome).toMatchObject({ pass: false });
  });

  it.each([{}, { prompt_data: { password: '' } }, { password: 7 }])(
    'refuses %j, which has no password',
    async (context) => {
      expect(await ask(context).outcome).toEqual({ pass: false, messages: ['Password not set in context'] });
    },
  );

  it('passes for 0 passwords, without an account, and for a password that is too long to be stored', async () => {
    const password = 'old';
    for (const { outcome, asked } of [
      ask({ password }, { num_historical_passwords: 0 }),
      ask({ password }, {}, null),
      ask({ password: 'o'.repeat(4097) }),
    ]) {
      expect(await outcome).toEqual({ pass: true });
      expect(asked).toEqual([]);
    }
  });

  it('compares with at most 24 passwords', () => {
    const { config } = uniquePasswordContract;
    expect(config.safeParse({ num_historical_passwords: 24 }).success).toBe(true);
    expect(config.safeParse({ num_historical_passwords: 25 }).success).toBe(false);
  });
});

/** A requester with one reply. */
class FixedRequester extends Requester {
  readonly connected = true;
  readonly refused = new Promise<Error>(() => undefined);
  readonly requests: unknown[] = [];
  constructor(private readonly reply: object | undefined) {
    super();
  }
  async request(subject: string, body: string | Uint8Array): Promise<Uint8Array> {
    this.requests.push([subject, JSON.parse(String(body))]);
    if (!this.reply) throw new RequestTimeoutError();
    return Buffer.from(JSON.stringify(this.reply));
  }
  async close(): Promise<void> {}
}

describe('the request to the password service', () => {
  const comparison = { user: ALICE.uuid, password: 'old', count: 2 };

  it('contains the password, the user and the time that is left', async () => {
    const requester = new FixedRequester({ reused: true });
    expect(await new NatsPasswordHistoryClient(requester).isReused(comparison, 1234.5)).toBe(true);
    expect(requester.requests).toEqual([['password.reuse', { v: 1, timeout_ms: 1234, ...comparison }]]);
  });

  it.each([
    ['sends no reply in time', undefined],
    ['is busy', { problem: { code: 'stage_busy', retry_after_s: 1 } }],
  ])('leaves the policy undecided if the service %s', async (_, reply) => {
    const asked = new NatsPasswordHistoryClient(new FixedRequester(reply)).isReused(comparison, 100);
    await expect(asked).rejects.toThrow(UndecidedPolicyError);
  });
});
