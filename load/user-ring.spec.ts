import { verifySync } from 'otplib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { exportRows, LoadUsers } from './load-users.js';
import { NoCodeLeftError, UserRing } from './user-ring.js';

const users = new LoadUsers('a seed of this test', 'load-');
const ringOf = (changes: object = {}) =>
  new UserRing(users, { count: 4, firstCode: 0, staticCodes: 2, share: { index: 0, of: 1 }, ...changes });
const namesOf = (ring: UserRing, count: number) => Array.from({ length: count }, () => ring.next().username);

describe('the accounts of a load generator', () => {
  it('are used in turn, and no two generators share one', () => {
    expect(namesOf(ringOf(), 5)).toEqual(['load-0', 'load-1', 'load-2', 'load-3', 'load-0']);
    expect(namesOf(ringOf({ share: { index: 0, of: 3 } }), 3)).toEqual(['load-0', 'load-3', 'load-0']);
    expect(namesOf(ringOf({ share: { index: 1, of: 3 } }), 3)).toEqual(['load-1', 'load-1', 'load-1']);
  });

  it('use each recovery code once', () => {
    const account = ringOf({ count: 1, firstCode: 1, staticCodes: 3 }).next();
    const codes = [account.valueOf('static'), account.valueOf('static')];
    expect(codes).toEqual([users.staticCode(0, 1), users.staticCode(0, 2)]);
    expect(() => account.valueOf('static')).toThrow(NoCodeLeftError);
  });

  it('each have an address of their own, and names for new accounts', () => {
    const ring = ringOf({ count: 300 });
    const accounts = Array.from({ length: 300 }, () => ring.next());
    expect(accounts[299]?.address).toBe('10.43.1.0');
    expect(new Set(accounts.map(({ valueOf }) => valueOf('new'))).size).toBe(300);
  });
});

describe('codes of authenticator apps', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_800_000_000_000 }));
  afterEach(() => void vi.useRealTimers());

  it('are valid, and the second login within a period uses the code of the next period', () => {
    const account = ringOf({ count: 1 }).next();
    const accepts = (token: string, epoch: number) =>
      verifySync({ secret: users.totpSecret(0), token, epoch, epochTolerance: 0 }).valid;
    const [first, second] = [account.valueOf('totp'), account.valueOf('totp')];
    expect(accepts(first, 1_800_000_000)).toBe(true);
    expect(accepts(second, 1_800_000_030)).toBe(true);
    expect(() => account.valueOf('totp')).toThrow(NoCodeLeftError);
    vi.setSystemTime(1_800_000_030_000);
    expect(account.valueOf('totp')).not.toBe(second);
  });
});

describe('the rows of accounts', () => {
  const accounts = { count: 1, first: 5, passwordHash: 'a hash', withTotp: true, staticCodes: 1 };

  it('contain the secrets that the load generator derives from the seed', () => {
    const rows = [...exportRows(users, accounts)] as { fields: Record<string, unknown> }[];
    expect(rows.map(({ fields }) => fields)).toEqual([
      { username: 'load-5', name: 'load-5', email: 'load-5@load.invalid', password: 'a hash', path: 'load' },
      { user: ['load-5'], name: 'load', key: users.totpSecret(5).toString('hex'), digits: 6 },
      { user: ['load-5'], name: 'load' },
      { device: 5, token: users.staticCode(5, 0) },
    ]);
  });

  it('are the same for the same seed, and others for another seed or prefix', () => {
    const rowsOf = (seed: string, prefix: string) => [...exportRows(new LoadUsers(seed, prefix), accounts)];
    expect(rowsOf('seed one', 'a-')).toEqual(rowsOf('seed one', 'a-'));
    const secrets = [new LoadUsers('seed one', 'a-'), new LoadUsers('seed two', 'a-'), new LoadUsers('seed one', 'b-')];
    expect(new Set(secrets.map(({ password }) => password)).size).toBe(3);
    expect(new Set(secrets.map((each) => each.totpSecret(0).toString('hex'))).size).toBe(3);
  });
});
