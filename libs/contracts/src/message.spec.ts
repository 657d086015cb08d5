import { describe, expect, it } from 'vitest';
import { fieldMessages } from './field-messages.js';
import { render } from './message.js';

const own = {
  password_invalid: { string: 'Invalid password', code: 'invalid' },
  blank: { string: 'Say it.', code: 'x' },
};

describe('rendering a message', () => {
  it('says the sentence of its code', () => {
    expect(render({ code: 'password_invalid' }, own, fieldMessages)).toEqual({
      string: 'Invalid password',
      code: 'invalid',
    });
  });
  it('takes the first catalogue that knows the code', () => {
    expect(render({ code: 'blank' }, own, fieldMessages).string).toBe('Say it.');
    expect(render({ code: 'blank' }, fieldMessages, own).string).toBe('This field may not be blank.');
  });
  it('puts parameters in their places', () => {
    expect(render({ code: 'max_length', params: { max: 8 } }, fieldMessages).string).toBe(
      'Ensure this field has no more than 8 characters.',
    );
  });
  it('does not look for places inside of a parameter', () => {
    expect(render({ code: 'not_a_choice', params: { input: '{input} $& $1' } }, fieldMessages).string).toBe(
      '"{input} $& $1" is not a valid choice.',
    );
  });
  it('passes foreign text on with its wire code, or as invalid', () => {
    expect(render({ text: 'Nope {max}', wire: 'denied' })).toEqual({ string: 'Nope {max}', code: 'denied' });
    expect(render({ text: 'Nope' })).toEqual({ string: 'Nope', code: 'invalid' });
  });
  it.each(['no_such_code', 'toString', '__proto__'])('does not make up a sentence for the code %s', (code) => {
    expect(() => render({ code }, own, fieldMessages)).toThrow(code);
  });
});
