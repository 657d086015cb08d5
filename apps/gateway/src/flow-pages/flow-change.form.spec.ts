import { describe, expect, it } from 'vitest';
import { parseExpected, parseReason, parseRollout, proposedFields, typedFields } from './flow-change.form.js';

const rollout = { percent: '33', margin: '4', for: '3h' };

describe('the form of a rollout', () => {
  it('has a share, and a guard if it allows a drop', () => {
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
  ] as const)('names the field %s for each wrong value', (field, values) => {
    expect(values.map((value) => parseRollout({ ...rollout, [field]: value }))).toEqual(
      values.map(() => ({ wrong: [field] })),
    );
  });

  it('proposes a guarded share, and for a running rollout its share and the guard that it has', () => {
    expect(parseRollout(proposedFields('rollout', undefined))).toMatchObject({ value: { guard: { margin: 200 } } });
    expect(parseRollout(proposedFields('rollout', 2.5))).toEqual({ value: { share: 250, guard: undefined } });
  });
});

describe('the reason of a form', () => {
  it('may be empty', () => {
    expect([parseReason({}), parseReason({ reason: '  ' })]).toEqual([{ value: undefined }, { value: undefined }]);
  });

  it.each(['x'.repeat(501), 'a\0b', 'a\ud800b'])(
    'is refused with too many characters, NUL or a lone surrogate',
    (reason) => {
      expect(parseReason({ reason })).toEqual({ wrong: ['reason'] });
    },
  );
});

it('has only the fields of its action that are texts', () => {
  expect(typedFields('publish', { reason: 'r', percent: '1', user: 'u' })).toEqual({ reason: 'r' });
  expect(typedFields('rollout', { percent: ['1'], for: 5, reason: {} })).toEqual({});
});

describe('what a form has shown of the flow', () => {
  it('has the current version, the candidate and the version after the change', () => {
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
  ])('is unknown for %j', (fields) => {
    expect(parseExpected(fields)).toBeUndefined();
  });
});
