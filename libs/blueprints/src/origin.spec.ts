import { expect, it } from 'vitest';
import { originOf } from './typeorm-run.js';

const origin = (...names: string[]) => originOf(names.map((name) => ({ name, text: '' })));

it('the origin of a version names the files that it comes from', () => {
  expect(origin('login.yaml', 'brand.yaml')).toBe('login.yaml, brand.yaml');
  expect(origin('a'.repeat(100), 'b'.repeat(98))).toHaveLength(200);
});

it('the origin of a version leaves out whole names beyond 200 characters, and then ends with an ellipsis', () => {
  expect(origin('a'.repeat(100), 'b'.repeat(99))).toBe(`${'a'.repeat(100)}, …`);
  expect(origin('a'.repeat(100), 'b'.repeat(90), 'c'.repeat(90))).toBe(`${'a'.repeat(100)}, ${'b'.repeat(90)}, …`);
  expect(origin('a'.repeat(201))).toBe(`${'a'.repeat(199)}…`);
});
