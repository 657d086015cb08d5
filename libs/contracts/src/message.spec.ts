import { describe, expect, it } from 'vitest';
import { fieldMessages } from './field-messages.js';
import { render, sentenceOf } from './message.js';
import { interpolate, sentence } from './sentence.js';

const stageCatalogue = {
  password_invalid: { string: 'Invalid password', code: 'invalid' },
  blank: { string: 'Say it.', code: 'x' },
};

describe('rendering a message', () => {
  it('returns the sentence of its code', () => {
    expect(render({ code: 'password_invalid' }, interpolate, stageCatalogue, fieldMessages)).toEqual({
      string: 'Invalid password',
      code: 'invalid',
    });
  });
  it('uses the first catalogue that contains the code', () => {
    expect(render({ code: 'blank' }, interpolate, stageCatalogue, fieldMessages).string).toBe('Say it.');
    expect(render({ code: 'blank' }, interpolate, fieldMessages, stageCatalogue).string).toBe(
      'This field may not be blank.',
    );
  });
  it('interpolates parameters', () => {
    expect(render({ code: 'max_length', params: { max: 8 } }, interpolate, fieldMessages).string).toBe(
      'Ensure this field has no more than 8 characters.',
    );
  });
  it('does not interpolate inside a parameter', () => {
    expect(
      render({ code: 'not_a_choice', params: { input: '{input} $& $1' } }, interpolate, fieldMessages).string,
    ).toBe('"{input} $& $1" is not a valid choice.');
  });
  it('keeps a message with a text, with its `wire` code or else the code `invalid`', () => {
    expect(render({ text: 'Nope {max}', wire: 'denied' }, interpolate)).toEqual({
      string: 'Nope {max}',
      code: 'denied',
    });
    expect(render({ text: 'Nope' }, interpolate)).toEqual({ string: 'Nope', code: 'invalid' });
  });
  it('passes the sentence and its parameters to the translator', () => {
    const shout = (text: string, params?: object) => `${text.toUpperCase()} ${JSON.stringify(params)}`;
    expect(render({ code: 'max_length', params: { max: 8 } }, shout, fieldMessages)).toEqual({
      string: 'ENSURE THIS FIELD HAS NO MORE THAN {MAX} CHARACTERS. {"max":8}',
      code: 'max_length',
    });
  });
  it('keeps the sentence and its parameters separate for a later translation', () => {
    expect(sentenceOf({ code: 'max_length', params: { max: 8 } }, fieldMessages)).toEqual({
      text: 'Ensure this field has no more than {max} characters.',
      params: { max: 8 },
      wire: 'max_length',
    });
    expect(render(sentence('Only {n} left.', { n: 2 }), interpolate).string).toBe('Only 2 left.');
  });
  it.each(['no_such_code', 'toString', '__proto__'])('throws for the unknown code %s', (code) => {
    expect(() => render({ code }, interpolate, stageCatalogue, fieldMessages)).toThrow(code);
  });
});
