import type { ApiVersion } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { captchaContract } from './captcha.contract.js';
import { verificationError } from './verification-error.js';

const config = (more: object = {}) => captchaContract.config.parse({ public_key: 'p', private_key: 's', ...more });
const errorOf = (verdict: object, more: object = {}, apiVersion: ApiVersion = '2024.8') =>
  verificationError({ ...verdict }, config(more), { host: 'id.example.org', apiVersion });
const INVALID = { code: 'captcha_invalid' };

describe('verificationError', () => {
  it.each([
    ['no success', {}, 'Unknown error'],
    ['success false', { success: false }, 'Unknown error'],
    ['success as a string', { success: 'true' }, 'Unknown error'],
    ['error codes', { success: false, 'error-codes': ['a', 'b'] }, "['a', 'b']"],
    ['error codes of other types', { success: false, 'error-codes': ["it's", 1, null] }, `["it's", 1, None]`],
    ['an empty list of error codes', { success: false, 'error-codes': [] }, '[]'],
  ])('returns an error with the error codes of the provider for a response with %s', (_title, verdict, codes) => {
    expect(errorOf(verdict)).toEqual({ code: 'captcha_refused', params: { codes } });
    expect(errorOf(verdict, { error_on_invalid_score: false })).toMatchObject({ code: 'captcha_refused' });
  });

  it.each([
    ['all codes are about the token', ['timeout-or-duplicate', 'already-seen-response'], 'captcha_retry'],
    ['one code is about something else', ['timeout-or-duplicate', 'invalid-input-secret'], 'captcha_invalid'],
    ['there is no code', [], 'captcha_invalid'],
    ['the codes are no list', 'timeout-or-duplicate', 'captcha_invalid'],
  ])('in 2026.8, suggests another try only if a new token may pass: %s', (_title, codes, code) => {
    expect(errorOf({ success: false, 'error-codes': codes }, {}, '2026.8')).toEqual({ code });
  });

  it('shortens a long list of error codes', () => {
    const refusal = errorOf({ success: false, 'error-codes': ['x'.repeat(10_000)] });
    expect(JSON.stringify(refusal).length).toBeLessThan(600);
  });

  it.each([
    [0.5, undefined],
    [1, undefined],
    [0.49, INVALID],
    [1.01, INVALID],
    ['0.9', undefined],
    ['0.4', INVALID],
    ['high', { code: 'captcha_failed' }],
    [null, { code: 'captcha_failed' }],
  ])('checks the score against the thresholds, which are inclusive: %s', (score, refusal) => {
    expect(errorOf({ success: true, score })).toEqual(refusal);
    expect(errorOf({ success: true, score }, { error_on_invalid_score: false })).toBeUndefined();
  });

  it('does not check the score if the thresholds are -1', () => {
    const unlimited = { score_min_threshold: -1, score_max_threshold: '-1.0' };
    expect(errorOf({ success: true, score: -7 }, unlimited)).toBeUndefined();
    expect(errorOf({ success: true, score: 7 }, unlimited)).toBeUndefined();
  });

  it('accepts tokens of this site only (accident 59)', () => {
    expect(errorOf({ success: true, hostname: 'ID.example.org' })).toBeUndefined();
    expect(errorOf({ success: true, hostname: 'evil.example' })).toEqual(INVALID);
    expect(errorOf({ success: true, hostname: 'evil-id.example.org' })).toEqual(INVALID);
    const others = { hostnames: ['shop.example', 'testkey.google.com'] };
    expect(errorOf({ success: true, hostname: 'shop.example' }, others)).toBeUndefined();
    expect(errorOf({ success: true, hostname: 'id.example.org' }, others)).toEqual(INVALID);
    expect(errorOf({ success: true, hostname: 'anything' }, { hostnames: ['*'] })).toBeUndefined();
  });

  it('accepts tokens of the configured action only (accident 59)', () => {
    expect(errorOf({ success: true, action: 'comment' })).toBeUndefined();
    expect(errorOf({ success: true, action: 'login' }, { action: 'login' })).toBeUndefined();
    expect(errorOf({ success: true, action: 'comment' }, { action: 'login' })).toEqual(INVALID);
    expect(errorOf({ success: true }, { action: 'login' })).toEqual(INVALID);
  });
});
