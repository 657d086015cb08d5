import { expect, it } from 'vitest';
import { matchesSentCode, newSentCode } from './sms-code.js';

const sent = { ...newSentCode('+15550100'), code: '001234' };

it('a text message code is accepted with or without its leading zeros', () => {
  expect(['001234', '1234'].map((answer) => matchesSentCode(sent, answer))).toEqual([true, true]);
  expect(['1230', '0001234', '12340', ''].map((answer) => matchesSentCode(sent, answer))).toEqual(Array(4).fill(false));
});

it('a text message code is refused after five minutes or five wrong answers', () => {
  expect(matchesSentCode({ ...sent, at: Date.now() - 300_000 }, '001234')).toBe(false);
  expect(matchesSentCode({ ...sent, tries: 4 }, '001234')).toBe(true);
  expect(matchesSentCode({ ...sent, tries: 5 }, '001234')).toBe(false);
});
