import { pbkdf2Sync } from 'node:crypto';
import { Busy } from '@gatehouse/platform';
import { hash as argon2 } from '@node-rs/argon2';
import { describe, expect, it } from 'vitest';
import { BoundedPasswordHasher } from './bounded-password-hasher.js';

const hasher = new BoundedPasswordHasher({ concurrency: 2, queue: 20 });
const always = () => true;
const verify = (password: string, stored: string | undefined) =>
  hasher.verify({ password, stored, stillWanted: always });

const pbkdf2 = (password: string, rounds: number) =>
  `pbkdf2_sha256$${rounds}$NaCl$${pbkdf2Sync(password, 'NaCl', rounds, 32, 'sha256').toString('base64')}`;

describe('hashing passwords', () => {
  it('makes argon2id hashes with 19 MiB, two passes and one lane, and a salt of their own', async () => {
    const [first, second] = await Promise.all([hasher.hash('pw', always), hasher.hash('pw', always)]);
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(first).not.toBe(second);
    expect(await verify('pw', first)).toBe('right');
    expect(await verify('pw ', first)).toBe('wrong');
  });

  it('knows the hashes of RFC 9106 and of Django, and calls them outdated', async () => {
    const cheap = await argon2('pässwörd', { memoryCost: 64, timeCost: 1, parallelism: 2 });
    for (const stored of [
      cheap,
      `argon2${cheap}`,
      `argon2${await hasher.hash('pässwörd', always)}`,
      pbkdf2('pässwörd', 10),
    ]) {
      expect(await verify('pässwörd', stored)).toBe('outdated');
      expect(await verify('passwort', stored)).toBe('wrong');
    }
  });

  it('reads the pbkdf2 hash that another implementation made', async () => {
    // RFC 7914, section 11: PBKDF2-HMAC-SHA-256 of "Password" and "NaCl" with 80000 rounds, the first 32 bytes.
    const digest = Buffer.from('4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56', 'hex');
    expect(await verify('Password', `pbkdf2_sha256$80000$NaCl$${digest.toString('base64')}`)).toBe('outdated');
  });

  it('matches nothing with what is no usable hash', async () => {
    const digest = Buffer.alloc(32).toString('base64');
    const unusable = [
      undefined,
      '',
      '!',
      '!NotAPassword',
      'plain',
      'md5$x$y',
      '$argon2id$v=19$m=19456,t=2,p=1$',
      '$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaA',
      `pbkdf2_sha256$0$salt$${digest}`,
      `pbkdf2_sha256$9999999$salt$${digest}`,
      'pbkdf2_sha256$10$salt$c2hvcnQ=',
    ];
    for (const stored of unusable)
      for (const typed of ['', stored ?? '']) expect(await verify(typed, stored)).toBe('wrong');
  });
});

describe('bounding the work', () => {
  it('refuses at once what would wait too long a line', async () => {
    const narrow = new BoundedPasswordHasher({ concurrency: 1, queue: 2 });
    const asked = Array.from({ length: 6 }, () => narrow.hash('pw', always));
    const ends = await Promise.allSettled(asked);
    const refused = ends.filter((end) => end.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toBeInstanceOf(Busy);
    expect(ends.some(({ status }) => status === 'fulfilled')).toBe(true);
  });

  it('does no work that nobody waits for any more by the time its turn comes', async () => {
    await expect(hasher.verify({ password: 'x', stored: undefined, stillWanted: () => false })).rejects.toThrow(Busy);
  });
});
