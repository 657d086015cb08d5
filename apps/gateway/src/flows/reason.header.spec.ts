import type { FlowResult } from '@gatehouse/executor';
import { stages } from '@gatehouse/stages';
import { expect, it } from 'vitest';
import { MAX_REASON_BYTES, reasonsOf } from './reason.header.js';

const contract = {
  ...{ component: 'ak-stage-prompt', user_info: false, texts: {} },
  errors: { taken: { string: 'Taken.', code: 'invalid' }, differ: { string: 'They differ.', code: 'invalid' } },
};

const refused = (errors: Extract<FlowResult, { type: 'show' }>['errors']) =>
  reasonsOf({ type: 'show', contract, challenge: {}, errors });

it('the header names the reasons of a field in the order of its messages, and no field without a named reason', () => {
  const errors = { 'a&b': [{ text: 'Own text' }, { code: 'taken' }], c: [{ code: 'differ' }], d: [{ text: 'Other' }] };

  expect(refused(errors)).toBe('a%26b=&a%26b=taken&c=differ');
});

it('the header leaves out the codes of field types, which are in the body', () => {
  expect(refused({ name: [{ code: 'required' }] })).toBeUndefined();
});

it('the header names the reason of a denial, and is missing for other results', () => {
  expect(reasonsOf({ type: 'denied', message: undefined, reason: 'too_many_attempts' })).toBe(
    'error_message=too_many_attempts',
  );
  expect(reasonsOf({ type: 'denied', message: { text: 'Not today.' } })).toBeUndefined();
  expect(reasonsOf({ type: 'done', to: '/' })).toBeUndefined();
});

it('the header is left out if it would be longer than its limit', () => {
  const errorsOf = (length: number) => ({ ['f'.repeat(length)]: [{ code: 'taken' }] });

  expect(refused(errorsOf(MAX_REASON_BYTES - '=taken'.length))).toHaveLength(MAX_REASON_BYTES);
  expect(refused(errorsOf(MAX_REASON_BYTES - '=taken'.length + 1))).toBeUndefined();
});

/**
 * Reasons that share their text with another reason, and still reveal nothing about a user: a browser forgets a passkey
 * whose random id the site does not know, and a captcha is judged before the name, whatever the name is.
 */
const HARMLESS: readonly string[] = [
  ...['authenticator_validate_unknown', 'identification_passkey_unknown', 'identification_captcha'],
];

it('the header reveals no more than the texts: within a stage, no two reasons about a user have the same text', () => {
  for (const {
    contract: { kind, errors },
  } of Object.values(stages)) {
    const harmful = Object.entries(errors).filter(([code]) => !HARMLESS.includes(code));
    const texts = harmful.map(([, { string }]) => string);
    expect([kind, new Set(texts).size]).toEqual([kind, texts.length]);
  }
});
