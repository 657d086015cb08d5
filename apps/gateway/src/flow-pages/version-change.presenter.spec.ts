import { expect, it } from 'vitest';
import { presentChange } from './version-change.presenter.js';

/** Returns the text that the page shows for a value. */
function shown(value: string): string | undefined {
  const change = {
    part: 'policy',
    name: 'greeting',
    change: 'changed',
    fields: [{ field: 'expression', after: value }],
  };
  return presentChange(change as unknown as Parameters<typeof presentChange>[0]).fields[0]?.after;
}

it('a value of more than 2000 characters is cut off, and an emoji counts as one character', () => {
  const start = `\n${'x'.repeat(1998)}`;

  expect(shown(`${start}👋`)).toBe(`${start}👋`);
  expect(shown(`${start}👋👋`)).toBe(`${start}👋…`);
});
