import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { changedIn2026, ownField, since2026, typeIn, valueBefore, valueIn, withNewerValues } from './api-fields.js';
import { API_VERSIONS } from './api-version.js';
import { boolean, choice } from './fields.js';

const item = z.object({ id: z.string(), note: ownField(z.string().optional()) });
const choiceOf = z.object({ value: z.string(), label: z.string() });
const challenge = z
  .object({
    title: z.string(),
    newer: since2026(z.boolean().default(true)),
    described: since2026(z.string().optional()).describe('A field.'),
    items: z.array(item).optional(),
    nested: item.nullable(),
    choices: changedIn2026(z.array(choiceOf).nullable(), z.array(z.string()).nullable(), (choices) =>
      choices === null ? null : choices.map(({ value }) => value),
    ),
    layout: withNewerValues(z.enum(['stacked', 'sidebar', 'frame']), ['frame']),
  })
  .meta({ id: 'ExampleChallenge' });

const value = {
  ...{ title: 'Hello', newer: true, described: 'x', layout: 'stacked' },
  ...{ items: [{ id: 'a', note: 'mine' }], nested: { id: 'b', note: 'mine' }, choices: [{ value: 'v', label: 'V' }] },
};

describe('valueIn', () => {
  it('for 2024.8 omits newer and own fields at any depth, and converts to the older types', () => {
    expect(valueIn('2024.8', challenge, value)).toEqual({
      ...{ title: 'Hello', layout: 'stacked', items: [{ id: 'a' }], nested: { id: 'b' }, choices: ['v'] },
    });
  });

  it('for 2026.8 keeps the newer fields and types, and omits own fields', () => {
    expect(valueIn('2026.8', challenge, value)).toEqual({ ...value, items: [{ id: 'a' }], nested: { id: 'b' } });
  });

  it('for the complete view returns the value itself', () => {
    expect(valueIn('complete', challenge, value)).toBe(value);
  });

  it('returns the value itself if all views have the same fields', () => {
    const plain = { to: '/' };
    for (const version of API_VERSIONS) expect(valueIn(version, z.object({ to: z.string() }), plain)).toBe(plain);
  });

  it.each([null, undefined])('keeps %s', (nothing) => {
    const sparse = { ...value, items: undefined, nested: nothing, choices: null };
    expect(valueIn('2024.8', challenge, sparse)).toMatchObject({ items: undefined, nested: nothing, choices: null });
  });
});

it('valueBefore keeps all fields and converts to the older types', () => {
  expect(valueBefore(challenge, value)).toEqual({ ...value, choices: ['v'] });
});

describe('typeIn', () => {
  const accepts = (view: Parameters<typeof typeIn>[0], given: object) =>
    z.strictObject(typeIn(view, challenge).shape).safeParse(given).success;

  it.each([...API_VERSIONS, 'complete'] as const)(
    'for %s returns a type that accepts the values of this view',
    (view) => {
      expect(accepts(view, valueIn(view, challenge, value))).toBe(true);
    },
  );

  it('returns a type without the newer values of an enumeration for 2024.8 only', () => {
    const framed = { ...value, layout: 'frame' };
    expect(API_VERSIONS.map((view) => accepts(view, valueIn(view, challenge, framed)))).toEqual([false, true]);
  });

  it('returns the same object for the same original, with the original’s name', () => {
    expect(typeIn('2024.8', challenge)).toBe(typeIn('2024.8', challenge));
    expect(typeIn('2024.8', challenge).meta()).toMatchObject({ id: 'ExampleChallenge' });
  });

  it('omits newer values from the published schema of a choice field', () => {
    const field = withNewerValues(choice(['a', 'b']), ['b']).describe('A choice.');
    const { shape } = typeIn('2024.8', z.object({ field }));
    expect(shape.field.meta()).toMatchObject({ wire: { enum: ['a'] } });
  });

  it('finds a mark inside `.describe()`, `.default()` and `.optional()`', () => {
    const marked = {
      a: since2026(boolean()).describe('A.'),
      b: ownField(boolean()).default(true),
      c: since2026(boolean()).optional(),
    };
    expect(Object.keys(typeIn('2024.8', z.object(marked)).shape)).toEqual([]);
  });
});
