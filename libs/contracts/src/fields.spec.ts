import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
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

/** What becomes of `value` as the only field of an answer: the value itself, or what the client is told. */
function heard(type: z.ZodType, value: unknown) {
  const parsed = z.object({ field: type }).safeParse(value === ABSENT ? {} : { field: value });
  if (parsed.success) return { value: parsed.data.field };
  return (fieldErrors(parsed.error)['field'] ?? []).map((message) => render(message, interpolate, fieldMessages));
}
const said = (string: string, code: string) => [{ string, code }];
const invalid = (string: string) => said(string, 'invalid');

/** Rows of a table, so that a list among the values is one argument and not several. */
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

describe.each(everyType)('any field, such as %s', (_name, type) => {
  it('is required', () => {
    expect(heard(type, ABSENT)).toEqual(said('This field is required.', 'required'));
  });
  it('may not be null', () => {
    expect(heard(type, null)).toEqual(said('This field may not be null.', 'null'));
  });
  it('may be absent when it is optional, and then stays absent', () => {
    expect(z.object({ field: optionalNullable(type, { optional: true }) }).parse({})).toEqual({});
    expect(heard(optionalNullable(type, { optional: true }), null)).toEqual(
      said('This field may not be null.', 'null'),
    );
  });
  it('may be null when it is nullable, and then stays null', () => {
    expect(heard(optionalNullable(type, { nullable: true }), null)).toEqual({ value: null });
    expect(heard(optionalNullable(type, { nullable: true }), ABSENT)).toEqual(
      said('This field is required.', 'required'),
    );
  });
  it('answers whatever JSON it is sent with a value or a refusal, never with an exception', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void heard(type, value)));
    expect(() => heard(type, { toString: 1, valueOf: 1, constructor: null })).not.toThrow();
  });
});

describe('char', () => {
  it.each([
    ['text', 'text'],
    ['  text ', 'text'],
    [5, '5'],
    [5.5, '5.5'],
  ])('reads %j as %j', (sent, value) => {
    expect(heard(char(), sent)).toEqual({ value });
  });
  it.each(rows(true, [], ['text'], {}))('refuses %j', (sent) => {
    expect(heard(char(), sent)).toEqual(invalid('Not a valid string.'));
  });
  it.each(['', ' ', '\t\n '])('calls %j blank', (sent) => {
    expect(heard(char(), sent)).toEqual(said('This field may not be blank.', 'blank'));
    expect(heard(char({ allowBlank: true }), sent)).toEqual({ value: '' });
  });
  it('keeps white space when it does not trim', () => {
    expect(heard(char({ trim: false }), ' ')).toEqual({ value: ' ' });
    expect(heard(char({ trim: false }), '')).toEqual(said('This field may not be blank.', 'blank'));
  });
  it('counts characters, not the halves of one', () => {
    expect(heard(char({ maxLength: 2 }), '😀😀')).toEqual({ value: '😀😀' });
    expect(heard(char({ maxLength: 2 }), 'abc')).toEqual(
      said('Ensure this field has no more than 2 characters.', 'max_length'),
    );
    expect(heard(char({ minLength: 2 }), '😀')).toEqual(
      said('Ensure this field has at least 2 characters.', 'min_length'),
    );
  });
  it('refuses NUL', () => {
    expect(heard(char(), 'a\0b')).toEqual(said('Null characters are not allowed.', 'null_characters_not_allowed'));
  });
  it('refuses a lone surrogate and names it', () => {
    expect(heard(char(), 'a\uD83Db')).toEqual(
      said('Surrogate characters are not allowed: U+D83D.', 'surrogate_characters_not_allowed'),
    );
  });
  it('tells everything that is wrong at once', () => {
    expect(heard(char({ maxLength: 2 }), 'abc\0')).toEqual([
      { string: 'Ensure this field has no more than 2 characters.', code: 'max_length' },
      { string: 'Null characters are not allowed.', code: 'null_characters_not_allowed' },
    ]);
  });
  it('gives back any well-formed text as it came, but for the white space around it', () => {
    const text = fc.string({ unit: 'binary', minLength: 1 }).filter((t) => t.trim() !== '' && !t.includes('\0'));
    fc.assert(
      fc.property(text, (sent) => {
        expect(heard(char(), sent)).toEqual({ value: sent.trim() });
        expect(heard(char({ trim: false }), sent)).toEqual({ value: sent });
      }),
    );
  });
});

describe('integer', () => {
  it.each([
    [12, 12],
    ['12', 12],
    [' 12 ', 12],
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
    expect(heard(integer(), sent)).toEqual({ value });
  });
  it.each(
    rows('', ' ', 'x', true, false, 12.5, 2 ** 53, 1e20, '12.5', '1e3', '_1', '1_', '1__0', '0x10', '- 3', [], [1], {}),
  )('refuses %j', (sent) => {
    expect(heard(integer(), sent)).toEqual(invalid('A valid integer is required.'));
  });
  it('does not look at text longer than 1000', () => {
    expect(heard(integer(), '1'.repeat(1001))).toEqual(said('String value too large.', 'max_string_length'));
  });
  it('keeps to its bounds', () => {
    const bounded = integer({ min: 1, max: 9 });
    expect([heard(bounded, 1), heard(bounded, '9')]).toEqual([{ value: 1 }, { value: 9 }]);
    expect(heard(bounded, 10)).toEqual(said('Ensure this value is less than or equal to 9.', 'max_value'));
    expect(heard(bounded, '0')).toEqual(said('Ensure this value is greater than or equal to 1.', 'min_value'));
  });
  it('reads every safe whole number in all its spellings', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (number) => {
        for (const sent of [number, `${number}`, ` ${number}.00 `])
          expect(heard(integer(), sent)).toEqual({ value: number });
      }),
    );
  });
  it.each(['9007199254740993', '9'.repeat(400)])('never makes another number of digits than they say', (sent) => {
    expect(heard(integer(), sent)).toEqual(invalid('A valid integer is required.'));
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
  ])('reads %j as %j, leading zeros and all', (sent, value) => {
    expect(heard(digits(), sent)).toEqual({ value });
  });
  it.each(rows('', ' ', 'x', '12a', true, 12.5, [], [1], {}))('refuses %j', (sent) => {
    expect(heard(digits(), sent)).toEqual(invalid('A valid integer is required.'));
  });
  it('does not look at text longer than 1000', () => {
    expect(heard(digits(), '0'.repeat(1001))).toEqual(said('String value too large.', 'max_string_length'));
  });
});

describe('nested', () => {
  const device = nested(z.object({ device_class: char(), device_uid: char() }));

  it('reads each field of the object as its own type does', () => {
    expect(heard(device, { device_class: ' totp ', device_uid: 3, more: 1 })).toEqual({
      value: { device_class: 'totp', device_uid: '3' },
    });
  });
  it.each([
    ['str', 'x'],
    ['list', []],
    ['int', 1],
    ['bool', true],
  ])('refuses a %s', (type, sent) => {
    expect(heard(device, sent)).toEqual(invalid(`Invalid data. Expected a dictionary, but got ${type}.`));
  });
  it('says of the field what is wrong inside', () => {
    expect(heard(device, { device_class: 'totp' })).toEqual(said('This field is required.', 'required'));
  });
});

describe('boolean', () => {
  const yes = [true, 1, '1', 't', 'T', 'y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'];
  const no = [false, 0, -0, '0', 'f', 'F', 'n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'];
  it.each(yes)('reads %j as yes', (sent) => {
    expect(heard(boolean(), sent)).toEqual({ value: true });
  });
  it.each(no)('reads %j as no', (sent) => {
    expect(heard(boolean(), sent)).toEqual({ value: false });
  });
  it.each(rows('', ' ', 'tRuE', 'oN', ' true', 2, -1, 0.5, [], [true], {}))('refuses %j', (sent) => {
    expect(heard(boolean(), sent)).toEqual(invalid('Must be a valid boolean.'));
  });
});

describe('choice', () => {
  it('compares by the written form', () => {
    expect(heard(choice(['1', '2']), '1')).toEqual({ value: '1' });
    expect(heard(choice(['1', '2']), 1)).toEqual({ value: '1' });
  });
  it.each([
    ['c', '"c" is not a valid choice.'],
    ['', '"" is not a valid choice.'],
    [3, '"3" is not a valid choice.'],
    ['A', '"A" is not a valid choice.'],
    [true, '"True" is not a valid choice.'],
    [[1, 'x'], `"[1, 'x']" is not a valid choice.`],
    [{ a: null }, `"{'a': None}" is not a valid choice.`],
  ])('refuses %j and repeats it', (sent, sentence) => {
    expect(heard(choice(['a', 'b']), sent)).toEqual(said(sentence, 'invalid_choice'));
  });
  it('does not take a list of one for the one', () => {
    expect(heard(choice(['a', 'b']), ['a'])).toMatchObject([{ code: 'invalid_choice' }]);
    expect(heard(choice(['true']), true)).toMatchObject([{ code: 'invalid_choice' }]);
  });
});

describe('jsonObject', () => {
  it('takes any object as it is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (sent) => {
        expect(heard(jsonObject(), sent)).toEqual({ value: sent });
      }),
    );
  });
  it.each(rows('{}', 1, true, [], [{}]))('refuses %j', (sent) => {
    expect(heard(jsonObject(), sent)).toEqual(invalid('Value must be a dictionary, and not have any duplicate keys.'));
  });
});

describe('a body', () => {
  it.each([
    [null, 'No data provided', 'null'],
    [[], 'Invalid data. Expected a dictionary, but got list.', 'invalid'],
    ['x', 'Invalid data. Expected a dictionary, but got str.', 'invalid'],
    [1, 'Invalid data. Expected a dictionary, but got int.', 'invalid'],
    [1.5, 'Invalid data. Expected a dictionary, but got float.', 'invalid'],
    [true, 'Invalid data. Expected a dictionary, but got bool.', 'invalid'],
  ])('that is %j and no object is refused as a whole', (body, string, code) => {
    const messages = bodyErrors(body)?.[NON_FIELD_ERRORS] ?? [];
    expect(messages.map((message) => render(message, interpolate, fieldMessages))).toEqual([{ string, code }]);
  });
  it('that is an object is left to its fields', () => {
    expect(bodyErrors({})).toBeUndefined();
  });
  it('is told about all its fields at once', () => {
    const parsed = z.object({ a: char(), b: integer(), c: boolean() }).safeParse({ a: 'fine', b: 'x' });
    expect(fieldErrors(parsed.error as z.ZodError)).toEqual({
      b: [{ code: 'not_an_integer' }],
      c: [{ code: 'required' }],
    });
  });
});
