import { describe, expect, it } from 'vitest';
import { parseExpected, parseReason, parseRollout, proposedFields, typedFields } from './flow-change.form.js';

const rollout = { percent: '33', margin: '4', for: '3h' };

describe('the form of a rollout', () => {
  it('yields a share, and a guard only if the allowed drop (margin) is not empty', () => {
    expect(parseRollout({ percent: ' 2.5 ', margin: ' 0.5', for: '90m ' })).toEqual({
      value: { share: 250, guard: { margin: 50, watch_s: 5400 } },
    });
    expect(parseRollout({ percent: '10', margin: ' ', for: 'nonsense' })).toEqual({
      value: { share: 1000, guard: undefined },
    });
  });

  it.each([
    ['percent', ['0', '100', '100.01', '-1', 'NaN', '1e1', '10,5', '']],
    ['margin', ['0', '100', '-2', 'NaN', '2%']],
    ['for', ['', '59s', '8d', '1w', '-1h']],
  ] as const)('reports the field %s for each invalid value', (field, values) => {
    expect(values.map((value) => parseRollout({ ...rollout, [field]: value }))).toEqual(
      values.map(() => ({ wrong: [field] })),
    );
  });

  it('proposes a share with a guard for a new rollout; for a running rollout, its share, and keeps its guard', () => {
    expect(parseRollout(proposedFields('rollout', undefined))).toMatchObject({ value: { guard: { margin: 200 } } });
    expect(parseRollout(proposedFields('rollout', 2.5))).toEqual({ value: { share: 250, guard: undefined } });
  });
});

describe('the reason in a form', () => {
  it('may be empty', () => {
    expect([parseReason({}), parseReason({ reason: '  ' })]).toEqual([{ value: undefined }, { value: undefined }]);
  });

  it.each(['x'.repeat(501), 'a\0b', 'a\ud800b'])(
    'is refused with more than 500 characters, NUL or a lone surrogate',
    (reason) => {
      expect(parseReason({ reason })).toEqual({ wrong: ['reason'] });
    },
  );
});

it('typedFields returns only fields of the action whose values are texts', () => {
  expect(typedFields('publish', { reason: 'r', percent: '1', user: 'u' })).toEqual({ reason: 'r' });
  expect(typedFields('rollout', { percent: ['1'], for: 5, reason: {} })).toEqual({});
});

describe('the versions of the flow that a form has shown', () => {
  it('are the current version, the candidate and the version after the change', () => {
    expect(parseExpected({ current: '3', candidate: '4', result: '2' })).toEqual({
      current: 3,
      candidate: 4,
      result: 2,
    });
    expect(parseExpected({ current: '3', candidate: 'none' })).toEqual({
      current: 3,
      candidate: null,
      result: undefined,
    });
  });

  it.each([
    {},
    { current: '3' },
    { candidate: 'none' },
    { current: 'x', candidate: 'none' },
    { current: '3', candidate: '' },
  ])('are undefined for the fields %j', (fields) => {
    expect(parseExpected(fields)).toBeUndefined();
  });
});
