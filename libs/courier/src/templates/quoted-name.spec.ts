import { expect, it } from 'vitest';
import { MAX_NAME_CHARACTERS, quotedName, truncatedName } from './quoted-name.js';

const seen = (text: string) => text.replaceAll('\u2060', '');

it.each(['alice', 'Zoë', 'علي', '太郎', 'o-brien_7'])('the name %s is shown as it is', (name) => {
  expect(quotedName(name)).toBe(name);
});

it.each(['alice@example.org', 'evil.example', 'https://evil.example/x', 'www.evil.example:8080'])(
  'nothing of %s becomes a link, though it reads the same',
  (name) => {
    const shown = quotedName(name);
    expect(seen(shown)).toBe(name);
    expect(shown).not.toMatch(/[.:/@][\p{L}\p{N}/]/u);
  },
);

it('words of somebody else are in quotation marks, of one line, and come to an end', () => {
  const shown = quotedName(`You have won!\r\nCall "us" now ${'and again '.repeat(20)}`);
  expect(shown).toMatch(/^"You have won! Call 'us' now .*…"$/);
  expect(Array.from(shown).length).toBeLessThanOrEqual(MAX_NAME_CHARACTERS + 2);
});

it('what turns or hides the text around it is left out', () => {
  expect(truncatedName('ali\u202ece\u200b\u2066\u0007 ')).toBe('ali ce');
});
