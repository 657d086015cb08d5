import { withReasons } from '@gatehouse/client';
import { interpolate } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { wordsFor } from './error-words.js';

describe('the text of an error on a page', () => {
  it('is chosen by the reason, else by the code, and is the text of the API if the page knows neither', () => {
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
