import { describe, expect, it } from 'vitest';
import { normalizePhoneNumber } from './normalize-phone-number.js';

describe('normalizing a phone number', () => {
  it.each([
    '+15550100',
    ' +1 555 01 00',
    '+1 (555) 01-00',
    '+1.555.0100',
    '+1\u2011555\u20110100',
    '＋１５５５０１００',
  ])('returns the same canonical form for the spelling %s', (text) => {
    expect(normalizePhoneNumber(text)).toBe('+15550100');
  });
  it.each(['', '+', 'whatsapp:+15550100', '+1555\u00000100', '+1555+0100', 'a@example.org', '1'.repeat(65)])(
    'refuses the text %j',
    (text) => {
      expect(normalizePhoneNumber(text)).toBeUndefined();
    },
  );
});
