import { describe, expect, it } from 'vitest';
import { fieldMessages } from './field-messages.js';
import { render, sentenceOf } from './message.js';
import { interpolate, sentence } from './sentence.js';

const own = {
  password_invalid: { string: 'Invalid password', code: 'invalid' },
  blank: { string: 'Say it.', code: 'x' },
};

describe('rendering a message', () => {
  it('says the sentence of its code', () => {
    expect(render({ code: 'password_invalid' }, interpolate, own, fieldMessages)).toEqual({
      string: 'Invalid password',
      code: 'invalid',
    });
  });
  it('takes the first catalogue that knows the code', () => {
    expect(render({ code: 'blank' }, interpolate, own, fieldMessages).string).toBe('Say it.');
    expect(render({ code: 'blank' }, interpolate, fieldMessages, own).string).toBe('This field may not be blank.');
  });
  it('puts parameters in their places', () => {
    expect(render({ code: 'max_length', params: { max: 8 } }, interpolate, fieldMessages).string).toBe(
      'Ensure this field has no more than 8 characters.',
    );
  });
  it('does not look for places inside of a parameter', () => {
    expect(
      render({ code: 'not_a_choice', params: { input: '{input} $& $1' } }, interpolate, fieldMessages).string,
    ).toBe('"{input} $& $1" is not a valid choice.');
  });
  it('passes foreign text on with its wire code, or as invalid', () => {
    expect(render({ text: 'Nope {max}', wire: 'denied' }, interpolate)).toEqual({
      string: 'Nope {max}',
      code: 'denied',
    });
    expect(render({ text: 'Nope' }, interpolate)).toEqual({ string: 'Nope', code: 'invalid' });
  });
  it('says a sentence in the language of whoever translates, parameters and all', () => {
    const shout = (text: string, params?: object) => `${text.toUpperCase()} ${JSON.stringify(params)}`;
    expect(render({ code: 'max_length', params: { max: 8 } }, shout, fieldMessages)).toEqual({
      string: 'ENSURE THIS FIELD HAS NO MORE THAN {MAX} CHARACTERS. {"max":8}',
      code: 'max_length',
    });
  });
  it('keeps sentence and parameters apart for whoever says it later', () => {
    expect(sentenceOf({ code: 'max_length', params: { max: 8 } }, fieldMessages)).toEqual({
      text: 'Ensure this field has no more than {max} characters.',
      params: { max: 8 },
      wire: 'max_length',
    });
    expect(render(sentence('Only {n} left.', { n: 2 }), interpolate).string).toBe('Only 2 left.');
  });
  it.each(['no_such_code', 'toString', '__proto__'])('does not make up a sentence for the code %s', (code) => {
    expect(() => render({ code }, interpolate, own, fieldMessages)).toThrow(code);
  });
});
