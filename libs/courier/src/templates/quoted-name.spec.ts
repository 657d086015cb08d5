import { expect, it } from 'vitest';
import { MAX_NAME_CHARACTERS, quotedName, truncatedName } from './quoted-name.js';

const visibleText = (text: string) => text.replaceAll('\u2060', '');

it.each(['alice', 'Zoë', 'علي', '太郎', 'o-brien_7'])('quotedName returns the name %s unchanged', (name) => {
  expect(quotedName(name)).toBe(name);
});

it.each(['alice@example.org', 'evil.example', 'https://evil.example/x', 'www.evil.example:8080'])(
  'quotedName changes %s so that mail programs make no link of it',
  (name) => {
    const shown = quotedName(name);
    expect(visibleText(shown)).toBe(name);
    expect(shown).not.toMatch(/[.:/@][\p{L}\p{N}/]/u);
  },
);

it('quotedName puts a name with spaces in quotation marks on one line, and truncates it', () => {
  const shown = quotedName(`You have won!\r\nCall "us" now ${'and again '.repeat(20)}`);
  expect(shown).toMatch(/^"You have won! Call 'us' now .*…"$/);
  expect(Array.from(shown).length).toBeLessThanOrEqual(MAX_NAME_CHARACTERS + 2);
});

it('truncatedName removes bidirectional overrides and invisible characters', () => {
  expect(truncatedName('ali\u202ece\u200b\u2066\u0007 ')).toBe('ali ce');
});
