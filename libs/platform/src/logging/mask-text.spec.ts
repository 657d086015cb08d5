import { REDACTED } from '@gatehouse/contracts';
import { expect, it } from 'vitest';
import { maskText, TEXT_CHARACTERS } from './mask-text.js';

/** Returns a text that is cut between its last two parts. */
const cutBetween = (kept: string, cut: string) => `${'x'.repeat(TEXT_CHARACTERS - kept.length - 1)} ${kept}${cut}`;

it.each([
  ['the credentials of a URL', ['postgres://gate:correct-ho', 'rse-7@db/gatehouse'], `postgres:${REDACTED}…`],
  ['a URL before its @', ['nats://gate:correct-horse-7', '@bus:4222'], `nats:${REDACTED}…`],
  ['the domain of a mail address', ['alice@exam', 'ple.org'], `${REDACTED}…`],
  ['the last label of a domain', ['alice@mail.example.', 'org'], `${REDACTED}…`],
  ['a mail address after its @', ['alice@', 'example.org'], `${REDACTED}…`],
  ['a mail address in a URL', ['alice%40exam', 'ple.org'], `${REDACTED}…`],
  ['a named value', ['flow_token=abc', 'def'], `flow_token=${REDACTED}`],
] as const)('maskText masks a secret in a text that was cut within %s', (_, [kept, cut], masked) => {
  expect(maskText(cutBetween(kept, cut)).split(' ')[1]).toBe(masked);
});

it.each(['see https://docs.example.org', 'alice@example', 'to be continued…'])(
  'maskText does not change a text without secrets: %s',
  (text) => {
    expect(maskText(text)).toBe(text);
  },
);
