import { expect, it } from 'vitest';
import { MAX_NAME_CHARACTERS, quotedName, truncatedName } from './quoted-name.js';

const visibleText = (text: string) => text.replaceAll('\u2060', '');

it.each(['alice', 'Zoë', 'علي', '太郎', 'o-brien_7'])('returns the name %s unchanged', (name) => {
  expect(quotedName(name)).toBe(name);
});

it.each(['alice@example.org', 'evil.example', 'https://evil.example/x', 'www.evil.example:8080'])(
  'keeps %s from becoming a link',
  (name) => {
    const shown = quotedName(name);
    expect(visibleText(shown)).toBe(name);
    expect(shown).not.toMatch(/[.:/@][\p{L}\p{N}/]/u);
  },
);

it('quotes a name with spaces, on one line, and truncates it', () => {
  const shown = quotedName(`You have won!\r\nCall "us" now ${'and again '.repeat(20)}`);
  expect(shown).toMatch(/^"You have won! Call 'us' now .*…"$/);
  expect(Array.from(shown).length).toBeLessThanOrEqual(MAX_NAME_CHARACTERS + 2);
});

it('removes bidirectional overrides and invisible characters', () => {
  expect(truncatedName('ali\u202ece\u200b\u2066\u0007 ')).toBe('ali ce');
});
