import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { char } from './fields.js';
import { maskByKey, REDACTED, redact, secret, secretFields } from './secret.js';

const answer = z.object({ uid_field: char(), password: secret(char({ trim: false })) });

describe('a field marked as secret', () => {
  it('is listed by secretFields', () => {
    expect(secretFields(answer)).toEqual(['password']);
  });
  it.each([
    ['optional', secret(z.string()).optional()],
    ['nullable', secret(z.string()).nullable()],
    ['given a default', secret(z.string()).default('')],
    ['all of these', secret(z.string()).nullable().optional().default(null).readonly()],
    ['refined', secret(z.string()).refine((text) => text !== 'x')],
    ['described', secret(z.string()).describe('hush').optional()],
  ])('is still secret when it is %s', (_, field) => {
    expect(secretFields(z.object({ plain: z.string().optional(), field }))).toEqual(['field']);
  });
  it('is redacted for every value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (password) => {
        expect(redact(answer, { uid_field: 'alice', password })).toEqual({ uid_field: 'alice', password: REDACTED });
      }),
    );
  });
  it('is not added to an object that does not have it', () => {
    expect(redact(answer, { uid_field: 'alice' })).toEqual({ uid_field: 'alice' });
  });
});

describe('maskByKey', () => {
  it.each([
    'api',
    'API_URL',
    'token',
    'accessToken',
    'key',
    'publickey',
    'secret',
    'password',
    'PassPhrase',
    'signature',
    'HTTP_COOKIE',
    'invitation_uuid',
  ])('masks the value of %s', (key) => {
    expect(maskByKey({ [key]: 'value' })).toEqual({ [key]: '********************' });
  });
  it.each(['passing', 'password_change_date', 'username', 'email', 'cookie'])('keeps the value of %s', (key) => {
    expect(maskByKey({ [key]: 'value' })).toEqual({ [key]: 'value' });
  });
  it('masks in objects and lists at any depth', () => {
    expect(maskByKey({ a: [{ b: { password: 'x', name: 'y' } }] })).toEqual({
      a: [{ b: { password: REDACTED, name: 'y' } }],
    });
  });
  it('masks a whole object under a secret key', () => {
    expect(maskByKey({ tokens: { a: 1 }, keys: ['b'] })).toEqual({ tokens: REDACTED, keys: REDACTED });
  });
  it('does not change its argument', () => {
    const value = { password: 'x', deep: { token: 'y' } };
    maskByKey(value);
    expect(value).toEqual({ password: 'x', deep: { token: 'y' } });
  });
});
