import { describe, expect, it } from 'vitest';
import { acrOf, includesRequirement, meetsAcr, parseAcrValues, requirementIn } from './authentication-requirement.js';

describe('requirementIn', () => {
  it.each([
    ['an empty query', {}, undefined],
    ['contexts of another server only', { acr_values: 'urn:x constructor' }, undefined],
    ['a prompt that asks for no login', { prompt: 'consent' }, undefined],
    [
      'known contexts among others, in their order',
      { acr_values: 'urn:x phr aal2 phr' },
      { acr_values: ['phr', 'aal2'], max_age: undefined, again: false },
    ],
    ['an age', { max_age: '0' }, { acr_values: [], max_age: 0, again: false }],
    ['a login among other prompts', { prompt: 'consent login' }, { acr_values: [], max_age: undefined, again: true }],
  ])('returns the requirement of %s', (_, query, expected) => {
    expect(requirementIn(query)).toEqual(expected);
  });

  it.each(['', '-1', '1.5', '1e3', '315360001', '9999999999', ' 1', 'soon'])('ignores the max_age %j', (max_age) => {
    expect(requirementIn({ max_age })).toBeUndefined();
    expect(requirementIn({ max_age, prompt: 'login' })).toMatchObject({ max_age: undefined, again: true });
  });
});

describe('includesRequirement: a requirement', () => {
  it.each([
    ['no requirement', {}, {}],
    ['a requirement of an unknown context', {}, { acr_values: 'urn:x' }],
    ['the same requirement', { acr_values: 'aal2', max_age: '60' }, { acr_values: 'aal2', max_age: '60' }],
    ['an older login', { max_age: '60' }, { max_age: '61' }],
    ['a login of any age', { prompt: 'login' }, { max_age: '1' }],
    ['one of more contexts', { acr_values: 'phr' }, { acr_values: 'aal2 phr' }],
  ])('includes %s', (_, all, part) => {
    expect(includesRequirement(requirementIn(all), requirementIn(part))).toBe(true);
  });

  it.each([
    ['any requirement, if it is empty', {}, { max_age: '60' }],
    ['a newer login', { max_age: '60' }, { max_age: '59' }],
    ['an age, if it has none', { acr_values: 'aal2' }, { max_age: '60' }],
    ['a new login', { max_age: '0' }, { prompt: 'login' }],
    ['fewer contexts', { acr_values: 'aal2 phr' }, { acr_values: 'phr' }],
    ['a context, if it has none', { prompt: 'login' }, { acr_values: 'aal2' }],
  ])('does not include %s', (_, all, part) => {
    expect(includesRequirement(requirementIn(all), requirementIn(part))).toBe(false);
  });
});

describe('the authentication contexts of a login', () => {
  it.each([
    [['pwd'], ['aal1'], 'aal1'],
    [['pwd', 'otp', 'mfa'], ['aal1', 'aal2'], 'aal2'],
    [['pwd', 'pop', 'mfa'], ['aal1', 'aal2', 'phr'], 'aal2'],
    [['pop'], ['aal1', 'phr'], 'aal1'],
    [[], ['aal1'], 'aal1'],
  ] as const)('with the methods %j are %j, and its claim `acr` is %s', (methods, met, claim) => {
    expect(parseAcrValues('aal1 aal2 phr').filter((acr) => meetsAcr(methods, [acr]))).toEqual(met);
    expect(acrOf(methods)).toBe(claim);
  });

  it('give the claim `acr` the first accepted context that the login meets', () => {
    expect(acrOf(['pwd', 'pop', 'mfa'], ['phr', 'aal2'])).toBe('phr');
    expect(acrOf(['pwd', 'otp', 'mfa'], ['phr', 'aal2'])).toBe('aal2');
    expect(acrOf(['pwd'], ['phr'])).toBe('aal1');
  });

  it('meet an empty list of accepted contexts', () => {
    expect(meetsAcr([], [])).toBe(true);
    expect(meetsAcr(['pwd'], ['phr', 'aal2'])).toBe(false);
  });
});
