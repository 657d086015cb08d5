import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { anyCodePoint } from '../../../test/support/code-points.js';
import { fieldMessages } from './field-messages.js';
import {
  bodyErrors,
  boolean,
  char,
  choice,
  digits,
  fieldErrors,
  integer,
  jsonObject,
  nested,
  optionalNullable,
} from './fields.js';
import { NON_FIELD_ERRORS, render } from './message.js';
import { interpolate } from './sentence.js';

const ABSENT = Symbol('absent');

/** Parses an object with one field of this type and value. Returns the parsed value, or the error messages. */
function parse(type: z.ZodType, value: unknown) {
  const parsed = z.object({ field: type }).safeParse(value === ABSENT ? {} : { field: value });
  if (parsed.success) return { value: parsed.data.field };
  return (fieldErrors(parsed.error)['field'] ?? []).map((message) => render(message, interpolate, fieldMessages));
}
const oneError = (string: string, code: string) => [{ string, code }];
const invalid = (string: string) => oneError(string, 'invalid');

/** Returns rows for `it.each` with one argument each, because `it.each` would spread a value that is a list. */
const rows = (...values: unknown[]) => values.map((value): [unknown] => [value]);

const everyType: [string, z.ZodType][] = [
  ['char', char()],
  ['integer', integer()],
  ['boolean', boolean()],
  ['choice', choice(['a'])],
  ['jsonObject', jsonObject()],
  ['digits', digits()],
  ['nested', nested(z.object({ name: char() }))],
];

describe.each(everyType)('a field of type %s', (_name, type) => {
  it('is required by default', () => {
    expect(parse(type, ABSENT)).toEqual(oneError('This field is required.', 'required'));
  });
  it('may not be null by default', () => {
    expect(parse(type, null)).toEqual(oneError('This field may not be null.', 'null'));
  });
  it('may be absent when it is optional, and then stays absent', () => {
    expect(z.object({ field: optionalNullable(type, { optional: true }) }).parse({})).toEqual({});
    expect(parse(optionalNullable(type, { optional: true }), null)).toEqual(
      oneError('This field may not be null.', 'null'),
    );
  });
  it('may be null when it is nullable, and then stays null', () => {
    expect(parse(optionalNullable(type, { nullable: true }), null)).toEqual({ value: null });
    expect(parse(optionalNullable(type, { nullable: true }), ABSENT)).toEqual(
      oneError('This field is required.', 'required'),
    );
  });
  it('returns a value or errors for any JSON, and never throws', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void parse(type, value)));
    expect(() => parse(type, { toString: 1, valueOf: 1, constructor: null })).not.toThrow();
  });
});

describe('char', () => {
  it.each([
    ['text', 'text'],
    ['  text ', 'text'],
    ['\u001f\u0085\u3000te xt\u001c', 'te xt'],
    ['\uFEFFtext', '\uFEFFtext'],
    [5, '5'],
    [5.5, '5.5'],
  ])('reads %j as %j', (sent, value) => {
    expect(parse(char(), sent)).toEqual({ value });
  });
  it.each(rows(true, [], ['text'], {}))('refuses %j', (sent) => {
    expect(parse(char(), sent)).toEqual(invalid('Not a valid string.'));
  });
  it.each(['', ' ', '\t\n '])('refuses %j as blank', (sent) => {
    expect(parse(char(), sent)).toEqual(oneError('This field may not be blank.', 'blank'));
    expect(parse(char({ allowBlank: true }), sent)).toEqual({ value: '' });
  });
  it('keeps white space with trim: false', () => {
    expect(parse(char({ trim: false }), ' ')).toEqual({ value: ' ' });
    expect(parse(char({ trim: false }), '')).toEqual(oneError('This field may not be blank.', 'blank'));
  });
  it('limits the number of code points, not of UTF-16 units', () => {
    expect(parse(char({ maxLength: 2 }), '😀😀')).toEqual({ value: '😀😀' });
    expect(parse(char({ maxLength: 2 }), 'abc')).toEqual(
      oneError('Ensure this field has no more than 2 characters.', 'max_length'),
    );
    expect(parse(char({ minLength: 2 }), '😀')).toEqual(
      oneError('Ensure this field has at least 2 characters.', 'min_length'),
    );
  });
  it('refuses NUL', () => {
    expect(parse(char(), 'a\0b')).toEqual(oneError('Null characters are not allowed.', 'null_characters_not_allowed'));
  });
  it('refuses a lone surrogate with its code point in the error', () => {
    expect(parse(char(), 'a\uD83Db')).toEqual(
      oneError('Surrogate characters are not allowed: U+D83D.', 'surrogate_characters_not_allowed'),
    );
  });
  it('reports all errors at once', () => {
    expect(parse(char({ maxLength: 2 }), 'abc\0')).toEqual([
      { string: 'Ensure this field has no more than 2 characters.', code: 'max_length' },
      { string: 'Null characters are not allowed.', code: 'null_characters_not_allowed' },
    ]);
  });
  it('returns any well-formed text unchanged, except for surrounding white space', () => {
    const text = fc.string({ unit: anyCodePoint }).filter((t) => !t.includes('\0'));
    fc.assert(
      fc.property(text, (between) => {
        const sent = ` a${between}b\n`;
        expect(parse(char(), sent)).toEqual({ value: sent.slice(1, -1) });
        expect(parse(char({ trim: false }), sent)).toEqual({ value: sent });
      }),
    );
  });
});

describe('integer', () => {
  it.each([
    [12, 12],
    ['12', 12],
    ['\u001c12\u0085 ', 12],
    ['12.0', 12],
    ['12.', 12],
    ['-3', -3],
    ['+3', 3],
    ['1_000', 1000],
    ['007', 7],
    ['١٢', 12],
    ['１２', 12],
    ['𝟘𝟙', 1],
  ])('reads %j as %j', (sent, value) => {
    expect(parse(integer(), sent)).toEqual({ value });
  });
  it.each(
    rows(
      '',
      ' ',
      'x',
      '\uFEFF1',
      true,
      false,
      12.5,
      2 ** 53,
      1e20,
      '12.5',
      '1e3',
      '_1',
      '1_',
      '1__0',
      '0x10',
      '- 3',
      [],
      [1],
      {},
    ),
  )('refuses %j', (sent) => {
    expect(parse(integer(), sent)).toEqual(invalid('A valid integer is required.'));
  });
  it('refuses text longer than 1000 characters without parsing it', () => {
    expect(parse(integer(), '1'.repeat(1001))).toEqual(oneError('String value too large.', 'max_string_length'));
  });
  it('enforces its bounds', () => {
    const bounded = integer({ min: 1, max: 9 });
    expect([parse(bounded, 1), parse(bounded, '9')]).toEqual([{ value: 1 }, { value: 9 }]);
    expect(parse(bounded, 10)).toEqual(oneError('Ensure this value is less than or equal to 9.', 'max_value'));
    expect(parse(bounded, '0')).toEqual(oneError('Ensure this value is greater than or equal to 1.', 'min_value'));
  });
  it('parses every safe integer from a number or text, also with spaces and zero decimals', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (number) => {
        for (const sent of [number, `${number}`, ` ${number}.00 `])
          expect(parse(integer(), sent)).toEqual({ value: number });
      }),
    );
  });
  it.each(['9007199254740993', '9'.repeat(400)])('refuses a number that it cannot represent exactly: %s', (sent) => {
    expect(parse(integer(), sent)).toEqual(invalid('A valid integer is required.'));
  });
});

describe('digits', () => {
  it.each([
    ['012345', '012345'],
    [' 000000 ', '000000'],
    [12345, '12345'],
    ['1_000', '1000'],
    ['12.0', '12'],
    ['０１', '01'],
  ])('parses %j to %j, with leading zeros', (sent, value) => {
    expect(parse(digits(), sent)).toEqual({ value });
  });
  it.each(rows('', ' ', 'x', '12a', true, 12.5, [], [1], {}))('refuses %j', (sent) => {
    expect(parse(digits(), sent)).toEqual(invalid('A valid integer is required.'));
  });
  it('refuses text longer than 1000 characters without parsing it', () => {
    expect(parse(digits(), '0'.repeat(1001))).toEqual(oneError('String value too large.', 'max_string_length'));
  });
});

describe('nested', () => {
  const device = nested(z.object({ device_class: char(), device_uid: char() }));

  it('parses each field of the object by its own type', () => {
    expect(parse(device, { device_class: ' totp ', device_uid: 3, more: 1 })).toEqual({
      value: { device_class: 'totp', device_uid: '3' },
    });
  });
  it.each([
    ['str', 'x'],
    ['list', []],
    ['int', 1],
    ['bool', true],
  ])('refuses a %s', (type, sent) => {
    expect(parse(device, sent)).toEqual(invalid(`Invalid data. Expected a dictionary, but got ${type}.`));
  });
  it('reports an error inside the object as an error of the outer field', () => {
    expect(parse(device, { device_class: 'totp' })).toEqual(oneError('This field is required.', 'required'));
  });
});

describe('boolean', () => {
  const yes = [true, 1, '1', 't', 'T', 'y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'];
  const no = [false, 0, -0, '0', 'f', 'F', 'n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'];
  it.each(yes)('reads %j as true', (sent) => {
    expect(parse(boolean(), sent)).toEqual({ value: true });
  });
  it.each(no)('reads %j as false', (sent) => {
    expect(parse(boolean(), sent)).toEqual({ value: false });
  });
  it.each(rows('', ' ', 'tRuE', 'oN', ' true', 2, -1, 0.5, [], [true], {}))('refuses %j', (sent) => {
    expect(parse(boolean(), sent)).toEqual(invalid('Must be a valid boolean.'));
  });
});

describe('choice', () => {
  it('compares the value as a string with the choices', () => {
    expect(parse(choice(['1', '2']), '1')).toEqual({ value: '1' });
    expect(parse(choice(['1', '2']), 1)).toEqual({ value: '1' });
  });
  it.each([
    ['c', '"c" is not a valid choice.'],
    ['', '"" is not a valid choice.'],
    [3, '"3" is not a valid choice.'],
    ['A', '"A" is not a valid choice.'],
    [true, '"True" is not a valid choice.'],
    [[1, 'x'], `"[1, 'x']" is not a valid choice.`],
    [{ a: null }, `"{'a': None}" is not a valid choice.`],
  ])('refuses %j and repeats the value', (sent, sentence) => {
    expect(parse(choice(['a', 'b']), sent)).toEqual(oneError(sentence, 'invalid_choice'));
  });
  it('refuses a list, even if its only item is a valid choice', () => {
    expect(parse(choice(['a', 'b']), ['a'])).toMatchObject([{ code: 'invalid_choice' }]);
    expect(parse(choice(['true']), true)).toMatchObject([{ code: 'invalid_choice' }]);
  });
});

describe('jsonObject', () => {
  it('returns any object unchanged', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (sent) => {
        expect(parse(jsonObject(), sent)).toEqual({ value: sent });
      }),
    );
  });
  it.each(rows('{}', 1, true, [], [{}]))('refuses %j', (sent) => {
    expect(parse(jsonObject(), sent)).toEqual(invalid('Value must be a dictionary, and not have any duplicate keys.'));
  });
});

describe('a request body', () => {
  it.each([
    [null, 'No data provided', 'null'],
    [[], 'Invalid data. Expected a dictionary, but got list.', 'invalid'],
    ['x', 'Invalid data. Expected a dictionary, but got str.', 'invalid'],
    [1, 'Invalid data. Expected a dictionary, but got int.', 'invalid'],
    [1.5, 'Invalid data. Expected a dictionary, but got float.', 'invalid'],
    [true, 'Invalid data. Expected a dictionary, but got bool.', 'invalid'],
  ])('that is %j is refused because it is not an object', (body, string, code) => {
    const messages = bodyErrors(body)?.[NON_FIELD_ERRORS] ?? [];
    expect(messages.map((message) => render(message, interpolate, fieldMessages))).toEqual([{ string, code }]);
  });
  it('that is an object has no bodyErrors', () => {
    expect(bodyErrors({})).toBeUndefined();
  });
  it('has the errors of all fields in fieldErrors', () => {
    const parsed = z.object({ a: char(), b: integer(), c: boolean() }).safeParse({ a: 'fine', b: 'x' });
    expect(fieldErrors(parsed.error as z.ZodError)).toEqual({
      b: [{ code: 'not_an_integer' }],
      c: [{ code: 'required' }],
    });
  });
  it('has in fieldErrors also the error of a field with the name of an inherited property, such as constructor', () => {
    const parsed = z.object({ constructor: char() }).safeParse({ constructor: '' });
    expect(fieldErrors(parsed.error as z.ZodError)).toEqual({ constructor: [{ code: 'blank' }] });
  });
});
