import { describe, expect, it } from 'vitest';
import { captchaContract } from './captcha.contract.js';
import { verificationError } from './verification-error.js';

const config = (more: object = {}) => captchaContract.config.parse({ public_key: 'p', private_key: 's', ...more });
const judged = (verdict: object, more: object = {}) =>
  verificationError({ ...verdict }, config(more), 'id.example.org');
const INVALID = { code: 'captcha_invalid' };

describe('the answer of a provider', () => {
  it.each([
    ['no success', {}, 'Unknown error'],
    ['a refusal', { success: false }, 'Unknown error'],
    ['a success in words', { success: 'true' }, 'Unknown error'],
    ['codes', { success: false, 'error-codes': ['a', 'b'] }, "['a', 'b']"],
    ['codes of other types', { success: false, 'error-codes': ["it's", 1, null] }, `["it's", 1, None]`],
    ['no codes', { success: false, 'error-codes': [] }, '[]'],
  ])('refuses a token by %s, and says why', (_what, verdict, codes) => {
    expect(judged(verdict)).toEqual({ code: 'captcha_refused', params: { codes } });
    expect(judged(verdict, { error_on_invalid_score: false })).toMatchObject({ code: 'captcha_refused' });
  });

  it('does not fill the page with what a provider says', () => {
    const refusal = judged({ success: false, 'error-codes': ['x'.repeat(10_000)] });
    expect(JSON.stringify(refusal).length).toBeLessThan(600);
  });

  it.each([
    [0.5, undefined],
    [1, undefined],
    [0.49, INVALID],
    [1.01, INVALID],
    ['0.9', { code: 'captcha_failed' }],
    [null, { code: 'captcha_failed' }],
  ])('fits by its score, the bounds included: %s', (score, refusal) => {
    expect(judged({ success: true, score })).toEqual(refusal);
    expect(judged({ success: true, score }, { error_on_invalid_score: false })).toBeUndefined();
  });

  it('has no bound at a threshold of minus one', () => {
    const open = { score_min_threshold: -1, score_max_threshold: '-1.0' };
    expect(judged({ success: true, score: -7 }, open)).toBeUndefined();
    expect(judged({ success: true, score: 7 }, open)).toBeUndefined();
  });

  it('is for this site only (accident 59)', () => {
    expect(judged({ success: true, hostname: 'ID.example.org' })).toBeUndefined();
    expect(judged({ success: true, hostname: 'evil.example' })).toEqual(INVALID);
    expect(judged({ success: true, hostname: 'evil-id.example.org' })).toEqual(INVALID);
    const shops = { hostnames: ['shop.example', 'testkey.google.com'] };
    expect(judged({ success: true, hostname: 'shop.example' }, shops)).toBeUndefined();
    expect(judged({ success: true, hostname: 'id.example.org' }, shops)).toEqual(INVALID);
    expect(judged({ success: true, hostname: 'anything' }, { hostnames: ['*'] })).toBeUndefined();
  });

  it('is for the action that the stage names, if it names one (accident 59)', () => {
    expect(judged({ success: true, action: 'comment' })).toBeUndefined();
    expect(judged({ success: true, action: 'login' }, { action: 'login' })).toBeUndefined();
    expect(judged({ success: true, action: 'comment' }, { action: 'login' })).toEqual(INVALID);
    expect(judged({ success: true }, { action: 'login' })).toEqual(INVALID);
  });
});
