import { BusyError } from '@gatehouse/platform';
import { describe, expect, it } from 'vitest';
import { LimitedPasswordHasher } from './limited-password-hasher.js';

const hasher = new LimitedPasswordHasher({ concurrency: 2, queue: 20 });
const always = () => true;
const verify = (password: string, stored: string | undefined) =>
  hasher.verify({ password, stored, stillWanted: always });

describe('hashing passwords', () => {
  it('makes argon2id hashes with 19 MiB, two passes and one lane, and a salt of their own', async () => {
    const [first, second] = await Promise.all([hasher.hash('pw', always), hasher.hash('pw', always)]);
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(first).not.toBe(second);
    expect(await verify('pw', first)).toBe('right');
    expect(await verify('pw ', first)).toBe('wrong');
  });

  it('looks at every character of a password, the last of very many too', async () => {
    const long = 'x'.repeat(4095);
    const stored = await hasher.hash(`${long}a`, always);
    expect(await verify(`${long}a`, stored)).toBe('right');
    expect(await verify(`${long}b`, stored)).toBe('wrong');
  });

  it('compares with whatever is stored, or with nothing', async () => {
    const outdated = `argon2${await hasher.hash('pw', always)}`;
    expect(await verify('pw', outdated)).toBe('outdated');
    expect(await verify('', undefined)).toBe('wrong');
  });
});

describe('bounding the work', () => {
  it('refuses at once what would wait too long a line', async () => {
    const narrow = new LimitedPasswordHasher({ concurrency: 1, queue: 2 });
    const asked = Array.from({ length: 6 }, () => narrow.hash('pw', always));
    const ends = await Promise.allSettled(asked);
    const refused = ends.filter((end) => end.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toBeInstanceOf(BusyError);
    expect(ends.some(({ status }) => status === 'fulfilled')).toBe(true);
  });

  it('does no work that nobody waits for any more by the time its turn comes', async () => {
    await expect(hasher.verify({ password: 'x', stored: undefined, stillWanted: () => false })).rejects.toThrow(
      BusyError,
    );
  });
});
