import { translator } from '@gatehouse/texts';
import { describe, expect, it } from 'vitest';
import { conditionText, endText, findingText, outcomeText } from './simulation-words.js';

const t = translator('en');
const conditions = [
  { type: 'visitor', answer: 'anonymous' },
  { type: 'policy', name: 'hours', answer: 'fail' },
  { type: 'group', name: 'staff', answer: 'no' },
  { type: 'stage', name: 'code', answer: 'without_credential' },
] as const;

describe('a simulation in words', () => {
  it('says what a path assumes', () => {
    expect(conditions.map((condition) => conditionText(condition, t))).toEqual([
      'anonymous',
      'policy hours fails',
      'not in the group staff',
      'code: passed without a credential',
    ]);
    expect(outcomeText('insert Terms of use', t)).toBe('inserts Terms of use');
  });

  it('says what a finding means', () => {
    expect(findingText({ type: 'login_without_factor', step: 'login', conditions: conditions.slice(1, 2) }, t)).toBe(
      'login logs users in without any factor (policy hours fails).',
    );
    expect(findingText({ type: 'dead_end', step: 'deny' }, t)).toBe(
      'deny is a dead end: no path leads from it to the end of the flow.',
    );
  });

  it('says how a path ends', () => {
    expect(endText({ type: 'done', login: ['first', 'further'] }, t)).toBe(
      'logged in with a first and a second factor',
    );
    expect(endText({ type: 'done', login: [] }, t)).toBe('logged in without a factor');
    expect(endText({ type: 'denied', reason: 'restarts' }, t)).toBe('denied: restarted too often');
    expect(endText({ type: 'joins', path: 4 }, t)).toBe('continues like path 4');
  });
});
