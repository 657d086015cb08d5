import type { AttemptRule } from '@gatehouse/contracts';
import { expect, it } from 'vitest';
import { countsCredential } from './counted-credential.js';

const counts = (template: string, credential: string, values: readonly string[] = []) => {
  const pick = { field: 'selected', among: 'offers', where: { member: 'class', values } };
  const rule: AttemptRule = {
    ...{ when: 'code', credential: template, pick, free: 1, hard: 2 },
    refuse: { field: 'code', code: 'wrong' },
  };
  return countsCredential(rule, credential);
};

it.each<[string, string, boolean]>([
  ['pin', 'pin', true],
  ['pin', 'pins', false],
  ['pin:{uid}', 'pin:7', true],
  ['pin:{uid}', 'pin:', false],
  ['pin:{uid}', 'puk:7', false],
  ['pin:{uid}:{n}', 'pin:a:b:c', true],
  ['pin:{uid}:{n}', 'pin:a', false],
  ['{class}:{uid}', 'totp:7', true],
  ['{class}:{uid}', 'static:7', true],
  ['{class}:{uid}', 'sms:7', false],
  ['{class}', 'static', true],
  ['{uid}:{class}', 'x:totp:static', true],
  ['{uid}:{class}', 'x:totp:st', false],
  ['{a}{b}', 'xy', true],
  ['{a}{b}', 'x', false],
  ['a+b:{uid}', 'aab:7', false],
])('countsCredential of a rule for %s and the credential %s is %s', (template, credential, expected) => {
  expect(counts(template, credential, ['totp', 'static'])).toBe(expected);
});

it('countsCredential takes no exponential time for the names of a hostile stage', () => {
  const template = `x_acme_a:${'{a}'.repeat(18)}!`;
  expect(counts(template, `x_acme_a:${'x'.repeat(490)}`)).toBe(false);
  expect(counts(template, `x_acme_a:${'x'.repeat(490)}!`)).toBe(true);
  const values = Array.from({ length: 64 }, (_, i) => 'x'.repeat(i + 1));
  expect(counts('{class}'.repeat(9), `${'x'.repeat(500)}!`, values)).toBe(false);
});
