import { describe, expect, it } from 'vitest';
import { acrOf, meetsAcr, parseAcrValues, requirementIn } from './authentication-requirement.js';

describe('the requirement in a query', () => {
  it.each([
    ['nothing', {}, undefined],
    ['contexts of another server only', { acr_values: 'urn:x constructor' }, undefined],
    ['a prompt that asks for no login', { prompt: 'consent' }, undefined],
    [
      'known contexts among others, in their order',
      { acr_values: 'urn:x phr aal2 phr' },
      { acr_values: ['phr', 'aal2'], max_age: undefined, again: false },
    ],
    ['an age', { max_age: '0' }, { acr_values: [], max_age: 0, again: false }],
    ['a login among other prompts', { prompt: 'consent login' }, { acr_values: [], max_age: undefined, again: true }],
  ])('is read from %s', (_, query, expected) => {
    expect(requirementIn(query)).toEqual(expected);
  });

  it.each(['', '-1', '1.5', '1e3', '315360001', '9999999999', ' 1'])('refuses the max_age %j', (max_age) => {
    expect(() => requirementIn({ max_age })).toThrow(expect.objectContaining({ code: 'requirement_invalid' }));
  });
});

describe('the contexts of a login', () => {
  it.each([
    [['pwd'], ['aal1'], 'aal1'],
    [['pwd', 'otp', 'mfa'], ['aal1', 'aal2'], 'aal2'],
    [['pwd', 'pop', 'mfa'], ['aal1', 'aal2', 'phr'], 'aal2'],
    [['pop'], ['aal1', 'phr'], 'aal1'],
    [[], ['aal1'], 'aal1'],
  ] as const)('of %j are %j, and %s is its claim', (methods, met, claim) => {
    expect(parseAcrValues('aal1 aal2 phr').filter((acr) => meetsAcr(methods, [acr]))).toEqual(met);
    expect(acrOf(methods)).toBe(claim);
  });

  it('claim the first accepted context that the login meets', () => {
    expect(acrOf(['pwd', 'pop', 'mfa'], ['phr', 'aal2'])).toBe('phr');
    expect(acrOf(['pwd', 'otp', 'mfa'], ['phr', 'aal2'])).toBe('aal2');
    expect(acrOf(['pwd'], ['phr'])).toBe('aal1');
  });

  it('are all accepted without a requirement', () => {
    expect(meetsAcr([], [])).toBe(true);
    expect(meetsAcr(['pwd'], ['phr', 'aal2'])).toBe(false);
  });
});
