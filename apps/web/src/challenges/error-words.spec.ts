import { withReasons } from '@gatehouse/client';
import { fieldMessages, interpolate, problems } from '@gatehouse/contracts';
import { stages } from '@gatehouse/stages';
import { describe, expect, it } from 'vitest';
import { ERROR_WORDS, wordsFor } from './error-words.js';

const contracts = Object.values(stages).map(({ contract }) => contract);
const ownReasons = contracts.flatMap(({ errors }) => Object.keys(errors));

/**
 * Errors whose API text says what to do already, or that only a program causes. A new error is added to the words of
 * the page or to this list.
 */
const SHOWN_AS_THEY_ARE = [
  ...['authenticator_duo_away', 'authenticator_duo_failed', 'authenticator_sms_early', 'authenticator_sms_unsent'],
  ...['authenticator_validate_duo_away', 'authenticator_validate_duo_number', 'authenticator_validate_model'],
  ...['authenticator_validate_sms_early', 'authenticator_validate_sms_unsent', 'authenticator_webauthn_model'],
  ...['consent_changed', 'consent_outdated', 'device_code_finish_over', 'email_unsent', 'group_update_refused'],
  'authorization_code_over',
  ...['password_none', 'post_source_taken', 'prompt_file_size', 'prompt_unshowable', 'source_disabled'],
  ...['source_missing', 'user_delete_failed', 'user_delete_nobody', 'user_write_failed', 'user_write_no_data'],
  ...['user_write_nobody'],
];

describe('the words of the page', () => {
  it('exist for every error of a stage, or the text of the API is good enough', () => {
    const worded = Object.keys(ERROR_WORDS).filter((name) => ownReasons.includes(name));

    expect([...worded, ...SHOWN_AS_THEY_ARE].sort()).toEqual([...new Set(ownReasons)].sort());
  });

  it('exist only for reasons of stages and for codes of fields', () => {
    const codes = [...Object.values(fieldMessages), ...Object.values(problems)].flatMap((entry) =>
      'code' in entry ? [entry.code] : [],
    );

    expect(
      Object.keys(ERROR_WORDS).filter((name) => !ownReasons.includes(name) && !codes.includes(name as never)),
    ).toEqual([]);
  });

  it('are chosen by the reason, else by the code, else the text of the API is shown', () => {
    const words = (message: Parameters<typeof wordsFor>[0]) => wordsFor(message, interpolate);

    expect(words({ string: 'Invalid password', code: 'invalid', reason: 'password_invalid' })).toBe(
      'Wrong password. Please try again.',
    );
    expect(words({ string: 'This field may not be blank.', code: 'blank' })).toBe('Please fill this in.');
    expect(words({ string: 'Not that one.', code: 'invalid', reason: 'acme_other' })).toBe('Not that one.');
    expect(words({ string: 'As it is.', code: 'invalid', reason: 'constructor' })).toBe('As it is.');
  });
});

describe('the reasons of a response', () => {
  const REFUSED = {
    component: 'ak-stage-prompt',
    response_errors: {
      name: [
        { string: 'Own text', code: 'invalid' },
        { string: 'Username is already taken.', code: 'invalid' },
      ],
      email: [{ string: 'Enter a valid email address.', code: 'invalid' }],
    },
  };

  it('are added to the messages of their fields, in order', () => {
    expect(withReasons(REFUSED, 'name=&name=prompt_username_taken')['response_errors']).toEqual({
      name: [
        { string: 'Own text', code: 'invalid' },
        { string: 'Username is already taken.', code: 'invalid', reason: 'prompt_username_taken' },
      ],
      email: [{ string: 'Enter a valid email address.', code: 'invalid' }],
    });
  });

  it('change nothing without the header', () => {
    expect(withReasons(REFUSED, null)).toBe(REFUSED);
  });

  it('name the reason of a denial', () => {
    const denied = { component: 'ak-stage-access-denied', error_message: 'Unknown error' };

    expect(withReasons(denied, 'error_message=too_many_attempts')).toEqual({ ...denied, reason: 'too_many_attempts' });
  });
});
