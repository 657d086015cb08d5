import { hash as argon2 } from '@node-rs/argon2';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashPassword, parseHash, unusableHash, verifyPassword } from './password-hashes.js';

const SALT = 'yG4kQ0f1ZbX2mN8cT6vW3r'; // not-a-secret
const TYPED = 'Pässwörd 🔑 ';

/**
 * Hashes of TYPED (UTF-8, composed letters, a space at the end) with SALT, all made by other implementations than the
 * ones under test:
 * - pbkdf2 and scrypt: `hashlib.pbkdf2_hmac` and `hashlib.scrypt` of Python 3.11, base64 with padding;
 * - bcrypt: `crypt` of libxcrypt 4.4.38, given `hashlib.sha256(typed).hexdigest()`;
 * - argon2id: `openssl kdf … ARGON2ID` of OpenSSL 3.5, base64 without padding.
 */
const foreignHashes = [
  [
    'argon2 with the prefix of Django',
    'argon2$argon2id$v=19$m=102400,t=2,p=8$eUc0a1EwZjFaYlgybU44Y1Q2dlczcg$VOHYXdtFYAFnBYh6GuzYYvk4YKqIJucmp5ToUU4RH2c',
  ],
  ['pbkdf2_sha256', `pbkdf2_sha256$720000$${SALT}$h//C6wXtpdqrc2dVT3GolIhqATINiJZBQ9GsmYkblzs=`],
  ['pbkdf2_sha1', `pbkdf2_sha1$720000$${SALT}$l36Q94YKHWZxEBoH0XOpOj3R2Gs=`],
  ['bcrypt_sha256', 'bcrypt_sha256$$2b$12$yG4kQ0f1ZbX2mN8cT6vW3uAz9vczTVB5oPRJAawRUYfjY7W9z71WO'],
  ['bcrypt_sha256 labelled 2a', 'bcrypt_sha256$$2a$05$yG4kQ0f1ZbX2mN8cT6vW3uSiC4q.corf2ZJ8PjnViEaaMaQNEQXzi'],
  ['bcrypt_sha256 labelled 2y', 'bcrypt_sha256$$2y$05$yG4kQ0f1ZbX2mN8cT6vW3uSiC4q.corf2ZJ8PjnViEaaMaQNEQXzi'],
  [
    'scrypt',
    `scrypt$16384$${SALT}$8$1$7UHAEs2xOIghLlEEZ32QcXFYfoafV1SeC8uXJcW+OXGaymFYMrxStd7qMkUJ7AEnR6SrLC9GqSi/gZrVVjd00g==`,
  ],
] as const;

const padded = (bytes: number) => Buffer.alloc(bytes).toString('base64');
const bare = (bytes: number) => padded(bytes).replace(/=+$/, '');
const argon2id = (cost: string, salt = bare(16), digest = bare(32)) => `$argon2id$v=19$${cost}$${salt}$${digest}`;
const scrypt = (n: number, r: number, p: number) => `scrypt$${n}$salt$${r}$${p}$${padded(64)}`;
const bcrypt = (cost: string, rest = `${'.'.repeat(22)}${'.'.repeat(31)}`) => `bcrypt_sha256$$2b$${cost}$${rest}`;

describe('the hashes of migrated users', () => {
  it.each(foreignHashes)('are accepted as outdated: %s', async (_, stored) => {
    expect(await verifyPassword(TYPED, stored)).toBe('outdated');
  });

  it('match only the password exactly as it was typed', async () => {
    const [, stored] = foreignHashes[4];
    for (const other of [TYPED.trim(), TYPED.normalize('NFD'), TYPED.toLowerCase(), '']) {
      expect(await verifyPassword(other, stored)).toBe('wrong');
    }
  });

  it('match the password of the test vector of RFC 7914', async () => {
    // RFC 7914, section 11: PBKDF2-HMAC-SHA-256 of "Password" and "NaCl" with 80000 rounds, the first 32 bytes.
    const digest = Buffer.from('4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56', 'hex');
    const stored = `pbkdf2_sha256$80000$NaCl$${digest.toString('base64')}`;
    expect(await verifyPassword('Password', stored)).toBe('outdated');
    expect(await verifyPassword('password', stored)).toBe('wrong');
  });
});

describe('an argon2id hash', () => {
  it('is current if it has the cost of new hashes, and outdated if it has any other cost or form', async () => {
    const current = await hashPassword(TYPED);
    expect(await verifyPassword(TYPED, current)).toBe('right');
    const cheap = await argon2(TYPED, { memoryCost: 64, timeCost: 1, parallelism: 2 });
    for (const stored of [cheap, `argon2${cheap}`, `argon2${current}`]) {
      expect(await verifyPassword(TYPED, stored)).toBe('outdated');
    }
  });
});

describe('parseHash', () => {
  it.each([
    '',
    '!',
    '!NotAPassword',
    'plain',
    'md5$x$y',
    'bcrypt$$2b$12$yG4kQ0f1ZbX2mN8cT6vW3uAz9vczTVB5oPRJAawRUYfjY7W9z71WO',
    '$2b$12$yG4kQ0f1ZbX2mN8cT6vW3uAz9vczTVB5oPRJAawRUYfjY7W9z71WO',
  ])('returns unusableHash for an unsupported kind of text: %j', async (stored) => {
    expect(parseHash(stored)).toBe(unusableHash);
  });

  it.each([
    '$argon2id$v=19$m=19456,t=2,p=1$',
    '$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaA',
    argon2id('m=7,t=1,p=1'),
    argon2id('m=15,t=1,p=2'),
    argon2id('m=064,t=1,p=1'),
    argon2id('m=64,t=0,p=1'),
    argon2id('m=64,t=1,p=1', bare(7)),
    argon2id('m=64,t=1,p=1', bare(16), bare(15)),
    argon2id('m=64,t=1,p=1', bare(16), bare(65)),
    argon2id('m=64,t=1,p=1', `${bare(16).slice(0, -1)}B`),
    `pbkdf2_sha256$0$salt$${padded(32)}`,
    `pbkdf2_sha256$10$salt$${padded(20)}`,
    `pbkdf2_sha1$10$salt$${padded(32)}`,
    `pbkdf2_sha512$10$salt$${padded(64)}`,
    `pbkdf2_sha256$10$salt$${bare(32)}`,
    bcrypt('03'),
    bcrypt('12', `${'.'.repeat(21)}/${'.'.repeat(31)}`),
    bcrypt('12', '.'.repeat(52)),
    scrypt(15, 8, 1),
    scrypt(1, 8, 1),
    scrypt(2 ** 16, 1, 1),
    `scrypt$16$salt$8$1$${padded(32)}`,
  ])('returns unusableHash for a malformed hash: %j', async (stored) => {
    expect(parseHash(stored)).toBe(unusableHash);
  });

  it.each([
    argon2id(`m=${256 * 1024 + 1},t=1,p=1`),
    argon2id(`m=${256 * 1024},t=9,p=1`),
    argon2id('m=1024,t=1,p=17'),
    `pbkdf2_sha256$5000001$salt$${padded(32)}`,
    `pbkdf2_sha1$9999999$salt$${padded(20)}`,
    bcrypt('15'),
    scrypt(2 ** 14, 8, 9),
    scrypt(2 ** 16, 8, 1),
    scrypt(2, 2 ** 18, 1),
  ])('returns unusableHash for a hash above the limits: %j', async (stored) => {
    expect(parseHash(stored)).toBe(unusableHash);
  });

  it.each([
    argon2id(`m=${256 * 1024},t=8,p=16`),
    `pbkdf2_sha256$5000000$salt$${padded(32)}`,
    bcrypt('14'),
    scrypt(2 ** 15, 8, 4),
  ])('accepts a hash at the limits: %j', async (stored) => {
    expect(parseHash(stored)).not.toBe(unusableHash);
  });

  it('accepts the scrypt hash with the largest allowed block size, and verifies it', async () => {
    expect(await verifyPassword(TYPED, scrypt(2, 2 ** 16, 4))).toBe('wrong');
  });

  it('returns a hash that no password matches for an unusable text', async () => {
    for (const typed of ['', '!', TYPED]) expect(await verifyPassword(typed, '!')).toBe('wrong');
  });
});

it('verifyPassword rejects a password for every malformed hash and never throws', async () => {
  const hashes = [argon2id('m=64,t=1,p=2'), `pbkdf2_sha1$10$salt$${padded(20)}`, bcrypt('04'), scrypt(16, 8, 1)];
  const malformed = fc
    .constantFrom(...hashes)
    .chain((stored) =>
      fc
        .tuple(fc.nat(stored.length), fc.nat(1), fc.constantFrom('', '$', '0', '9', '/', '=', 'v', '!', 'é'))
        .map(([at, removed, inserted]) => stored.slice(0, at) + inserted + stored.slice(at + removed)),
    );
  await fc.assert(
    fc.asyncProperty(malformed, async (stored) => {
      expect(await verifyPassword(TYPED, stored)).toBe('wrong');
    }),
    { numRuns: 200 },
  );
});
