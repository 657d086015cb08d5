import { EventEmitter, once } from 'node:events';
import { BusyError } from '@gatehouse/platform';
import { describe, expect, it } from 'vitest';
import { PasswordHasher } from './password-hasher.js';
import { parseHash } from './password-hashes.js';
import type { StoredHash } from './stored-hash.js';

const hasher = new PasswordHasher({
  all: { concurrency: 2, maxWaitMs: 5000 },
  legacy: { concurrency: 1, maxWaitMs: 5000 },
});
const stillWanted = () => true;
const verify = (password: string, stored: string) => hasher.verify({ password, hash: parseHash(stored), stillWanted });

describe('PasswordHasher', () => {
  it('uses argon2id with 19 MiB, two passes, one lane and a new salt for each hash', async () => {
    const [first, second] = await Promise.all([hasher.hash('pw', stillWanted), hasher.hash('pw', stillWanted)]);
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(first).not.toBe(second);
    expect(await verify('pw', first)).toBe('right');
    expect(await verify('pw ', first)).toBe('wrong');
  });

  it('takes every character of a long password into account, including the last character', async () => {
    const long = 'x'.repeat(4095);
    const stored = await hasher.hash(`${long}a`, stillWanted);
    expect(await verify(`${long}a`, stored)).toBe('right');
    expect(await verify(`${long}b`, stored)).toBe('wrong');
  });

  it('compares a password with an outdated hash, and with a missing hash', async () => {
    const outdated = `argon2${await hasher.hash('pw', stillWanted)}`;
    expect(await verify('pw', outdated)).toBe('outdated');
    expect(await verify('', '')).toBe('wrong');
  });
});

const LEGACY = `pbkdf2_sha256$1$salt$${Buffer.alloc(32).toString('base64')}`;

/** Returns a hash with a legacy cost whose comparison ends when `release` is called. */
function heldHash() {
  const signals = new EventEmitter();
  const [started, released] = [once(signals, 'started'), once(signals, 'released')];
  const matches = async () => {
    signals.emit('started');
    await released;
    return false;
  };
  const hash: StoredHash = { outdated: true, cost: 'pbkdf2_sha256 1', matches };
  return { hash, started, release: () => signals.emit('released') };
}

describe('PasswordHasher under load', () => {
  it('throws BusyError at once if the expected wait is above the limit', async () => {
    const short = new PasswordHasher({
      all: { concurrency: 1, maxWaitMs: 20 },
      legacy: { concurrency: 1, maxWaitMs: 20 },
    });
    const hashes = Array.from({ length: 6 }, () => short.hash('pw', stillWanted));
    const results = await Promise.allSettled(hashes);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toBeInstanceOf(BusyError);
    expect(results.some(({ status }) => status === 'fulfilled')).toBe(true);
  });

  it('limits hashes of another cost separately, including stand-ins, but still checks current hashes', async () => {
    const bounded = new PasswordHasher({
      all: { concurrency: 4, maxWaitMs: 5000 },
      legacy: { concurrency: 1, maxWaitMs: 150 },
    });
    const { hash: running, release } = heldHash();
    const check = (hash: StoredHash) => bounded.verify({ password: 'pw', hash, stillWanted });
    const waiting = [check(running), check(parseHash('', [LEGACY]))];

    await expect(check(parseHash('', [LEGACY]))).rejects.toThrow(BusyError);
    await expect(check(parseHash(LEGACY))).rejects.toThrow(BusyError);
    expect(await check(parseHash(await bounded.hash('pw', stillWanted)))).toBe('right');
    expect(await check(parseHash(''))).toBe('wrong');

    release();
    expect(await Promise.all(waiting)).toEqual(['wrong', 'wrong']);
    expect(await check(parseHash('', [LEGACY]))).toBe('wrong');
  });

  it('also counts hashes of another cost in the limit of all hashes', async () => {
    const bounded = new PasswordHasher({
      all: { concurrency: 1, maxWaitMs: 1 },
      legacy: { concurrency: 9, maxWaitMs: 5000 },
    });
    const { hash: running, started, release } = heldHash();
    const first = bounded.verify({ password: 'pw', hash: running, stillWanted });
    await started;
    await expect(bounded.hash('pw', stillWanted)).rejects.toThrow(BusyError);
    await expect(bounded.verify({ password: 'pw', hash: parseHash(LEGACY), stillWanted })).rejects.toThrow(BusyError);
    release();
    expect(await first).toBe('wrong');
  });

  it('throws BusyError without hashing if the caller no longer waits', async () => {
    await expect(hasher.verify({ password: 'x', hash: parseHash(''), stillWanted: () => false })).rejects.toThrow(
      BusyError,
    );
  });
});
