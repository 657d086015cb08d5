import { BusyError } from '@gatehouse/platform';
import { describe, expect, it } from 'vitest';
import { PasswordHasher } from './password-hasher.js';

const hasher = new PasswordHasher({ concurrency: 2, queue: 20 });
const stillWanted = () => true;
const verify = (password: string, stored: string | undefined) => hasher.verify({ password, stored, stillWanted });

describe('PasswordHasher', () => {
  it('hashes with argon2id, 19 MiB, two passes, one lane and a new salt for each hash', async () => {
    const [first, second] = await Promise.all([hasher.hash('pw', stillWanted), hasher.hash('pw', stillWanted)]);
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(first).not.toBe(second);
    expect(await verify('pw', first)).toBe('right');
    expect(await verify('pw ', first)).toBe('wrong');
  });

  it('takes every character of a long password into account, including the last', async () => {
    const long = 'x'.repeat(4095);
    const stored = await hasher.hash(`${long}a`, stillWanted);
    expect(await verify(`${long}a`, stored)).toBe('right');
    expect(await verify(`${long}b`, stored)).toBe('wrong');
  });

  it('compares a password with an outdated hash, and with a missing hash', async () => {
    const outdated = `argon2${await hasher.hash('pw', stillWanted)}`;
    expect(await verify('pw', outdated)).toBe('outdated');
    expect(await verify('', undefined)).toBe('wrong');
  });
});

describe('PasswordHasher under load', () => {
  it('throws BusyError at once when the queue is full', async () => {
    const hasherWithShortQueue = new PasswordHasher({ concurrency: 1, queue: 2 });
    const hashes = Array.from({ length: 6 }, () => hasherWithShortQueue.hash('pw', stillWanted));
    const results = await Promise.allSettled(hashes);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toBeInstanceOf(BusyError);
    expect(results.some(({ status }) => status === 'fulfilled')).toBe(true);
  });

  it('throws BusyError without hashing when the caller has stopped waiting', async () => {
    await expect(hasher.verify({ password: 'x', stored: undefined, stillWanted: () => false })).rejects.toThrow(
      BusyError,
    );
  });
});
