import type { Errors } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { field } from '../../testing/prompt.js';
import { parseAnswers } from './parse-answers.js';
import type { PromptField } from './prompt.contract.js';
import { ALERT_TYPES, PROMPT_TYPES } from './prompt.wire.js';
import { buildForm } from './prompt-form.js';

const LIMITS = { textCharacters: 10, fileBytes: 1024 };

interface PlanValues {
  readonly data?: Record<string, unknown>;
  readonly locked?: string[];
  readonly objectChoices?: boolean;
}

function parse(
  fields: readonly PromptField[],
  body: object,
  { data = {}, locked = [], objectChoices = false }: PlanValues = {},
) {
  const form = buildForm({ fields, data, locked, secrets: [], objectChoices }, {});
  return parseAnswers(form, body as Record<string, unknown>, LIMITS);
}

/** Returns the parsed value of a field, or the codes of its errors. */
function parseOne(overrides: Partial<PromptField> & Pick<PromptField, 'type'>, value: unknown): unknown {
  const answers = parse([field(overrides)], value === undefined ? {} : { value });
  return 'values' in answers ? answers.values['value'] : codesOf(answers.errors)['value'];
}
const codesOf = (errors: Errors) =>
  Object.fromEntries(
    Object.entries(errors).map(([key, all]) => [key, all.map((error) => ('code' in error ? error.code : error.text))]),
  );

const NOT_A_DATE_TIME = 'prompt_not_a_date_time';
const TABLE: [PromptField['type'], unknown, unknown][] = [
  ['text', '  a b ', '  a b '],
  ['text', 7, '7'],
  ['text', 1e-7, '1e-07'],
  ['text', true, ['not_a_string']],
  ['text', '', ['blank']],
  ['text', ['x'], ['not_a_string']],
  ['text', 'a\0b', ['null_characters']],
  ['text', 'x'.repeat(11), ['max_length']],
  ['text', 'a\nb', ['prompt_unshowable']],
  ['username', 'ali\u202ece', ['prompt_unshowable']],
  ['username', 'ali\u0007ce', ['prompt_unshowable']],
  ['text_area', 'two\nlines', 'two\nlines'],
  ['username', ' alice ', 'alice'],
  ['username', 'x'.repeat(151), ['max_length']],
  ['email', ' a@example.org ', 'a@example.org'],
  ['email', 'ä@example.org', ['not_an_email']],
  ['email', 'a@exämple.org', 'a@exämple.org'],
  ['email', 'a@localhost', 'a@localhost'],
  ['email', 'a@paral·lel.cat', 'a@paral·lel.cat'],
  ['email', 'a@نامه\u200cای.com', 'a@نامه\u200cای.com'],
  ['email', 'a@exam\u00adple.org', ['not_an_email']],
  ['email', 'a@nowhere', ['not_an_email']],
  ['email', 'a@example.org/b', ['not_an_email']],
  ['email', 'a@example.org/\r\nBcc: b', ['not_an_email']],
  ['email', 'a@ex%61mple.org', ['not_an_email']],
  ['email', 'a..b@example.org', ['not_an_email']],
  ['email', 'a.@example.org', ['not_an_email']],
  ['email', 'a@example.o', ['not_an_email']],
  ['email', '@example.org', ['not_an_email']],
  ['email', 'example.org', ['not_an_email']],
  ['email', 'a.b+c@sub.example.org', 'a.b+c@sub.example.org'],
  ['email', 'a b@example.org', ['not_an_email']],
  ['email', true, ['not_an_email']],
  ['email', ['a@example.org'], ['not_an_email']],
  ['email', { a: 1 }, ['not_an_email']],
  ['email', 'a@example.org\r\nBcc: b@example.org', ['not_an_email']],
  ['email', `${'x'.repeat(250)}@example.org`, ['max_length']],
  ['password', ' hunter2 ', ' hunter2 '],
  ['password', 'x'.repeat(4097), ['max_length']],
  ['number', '12.0', 12],
  ['number', '1.5', ['not_an_integer']],
  ['number', true, ['not_an_integer']],
  ['checkbox', 'off', false],
  ['checkbox', 1, true],
  ['checkbox', 'maybe', ['not_a_boolean']],
  ['date', '2024-12-24', '2024-12-24'],
  ['date', '2024-2-9', '2024-02-09'],
  ['date', '20240101', '2024-01-01'],
  ['date', '2024-W01-1', '2024-01-01'],
  ['date', '2024-02-30', ['prompt_not_a_date']],
  ['date', '0000-01-01', ['prompt_not_a_date']],
  ['date', '24.12.2024', ['prompt_not_a_date']],
  ['date', 20241224, ['prompt_not_a_date']],
  ['date-time', '2024-12-24', '2024-12-24T00:00:00Z'],
  ['date-time', '2024-12-24T18:30', '2024-12-24T18:30:00Z'],
  ['date-time', '2024-12-24 18:30:15.5', '2024-12-24T18:30:15.500000Z'],
  ['date-time', '2024-12-24T00:30:00+01:00', '2024-12-23T23:30:00Z'],
  ['date-time', '2024-12-24T23:30-0130', '2024-12-25T01:00:00Z'],
  ['date-time', '2024-01-01T10', '2024-01-01T10:00:00Z'],
  ['date-time', '20240101T100000', '2024-01-01T10:00:00Z'],
  ['date-time', '2024-1-5', [NOT_A_DATE_TIME]],
  ['date-time', '2024-01-01t10:00z', [NOT_A_DATE_TIME]],
  ['date-time', '2024-12-24T18:30.5', [NOT_A_DATE_TIME]],
  ['date-time', '2024-12-24T24:00', [NOT_A_DATE_TIME]],
  ['date-time', '2024-12-24T18:30+24:00', [NOT_A_DATE_TIME]],
  ['date-time', '9999-12-31T23:30-01:00', [NOT_A_DATE_TIME]],
  ['date-time', 'yesterday', [NOT_A_DATE_TIME]],
  ['file', 'data:text/plain;base64,Zm9v', 'data:text/plain;base64,Zm9v'],
  ['file', 'foo', ['prompt_file_scheme']],
  ['file', 'https://example.org/x', ['prompt_file_scheme']],
  ['file', 'data:foo/bar;foo,qwer', ['prompt_file_encoding']],
  ['file', 'data:text/plain;charset=utf-8;base64,Zm9v', ['prompt_file_encoding']],
  ['file', 'data:text/plain;base64', ['prompt_file_encoding']],
  ['file', 'data:text/plain;base64,Zm9', ['prompt_file_encoding']],
  ['file', `data:text/plain;base64,${'A'.repeat(1368)}`, ['prompt_file_size']],
  ['file', `data:text/plain;base64,${'A'.repeat(9000)}`, ['max_length']],
  ['ak-locale', ' xx ', 'xx'],
  ['ak-locale', '', ''],
];

describe('the value of a field', () => {
  it.each(TABLE)('of type %s is parsed: from %j to %j', (type, value, outcome) => {
    expect(parseOne({ type }, value)).toEqual(outcome);
  });

  const EDITABLE_TYPES = PROMPT_TYPES.filter((type) => !/read_only|hidden|static|separator|alert/.test(type));

  it.each(EDITABLE_TYPES)('must not be null if it is of type %s', (type) => {
    expect(parseOne({ type }, null)).toEqual(['null']);
    expect(parseOne({ type, required: false }, null)).toEqual(['null']);
  });

  it.each(EDITABLE_TYPES.filter((type) => type !== 'checkbox'))(
    'may be missing only if the field is optional: %s',
    (type) => {
      expect(parseOne({ type, ...NO_CHOICE }, undefined)).toEqual(['required']);
      expect(parseOne({ type, ...NO_CHOICE, required: false }, undefined)).toBeUndefined();
    },
  );

  /** An empty placeholder gives a field with choices one choice: the empty text, which means no value. */
  const NO_CHOICE = { placeholder: '' };

  it.each(['text', 'text_area', 'email'] as const)('may be empty if the field is optional: %s', (type) => {
    expect(parseOne({ type, required: false }, '')).toBe('');
    expect(parseOne({ type }, '')).toEqual(['blank']);
  });

  it.each(['username', 'password', 'file', 'number', 'date', 'date-time'] as const)(
    'is left out of the values if it is empty and the field is optional: %s',
    (type) => {
      expect(parseOne({ type, required: false }, '')).toBeUndefined();
      expect(parseOne({ type, required: false, initial_value: 'x' }, '')).toBeUndefined();
      expect(parseOne({ type }, '')).toBeInstanceOf(Array);
    },
  );

  it('defaults to the initial value if the field is optional', () => {
    expect(parseOne({ type: 'text', required: false, initial_value: 'initial' }, undefined)).toBe('initial');
    expect(parseOne({ type: 'text', initial_value: 'initial' }, undefined)).toEqual(['required']);
    expect(parseOne({ type: 'dropdown', placeholder: 'only' }, undefined)).toEqual(['required']);
    expect(parseOne({ type: 'checkbox', initial_value: 'True' }, undefined)).toBeUndefined();
  });

  it('is validated, even if it is the initial value', () => {
    const parseMissing = (type: PromptField['type'], initial_value: string) =>
      parseOne({ type, required: false, initial_value }, undefined);
    expect(parseMissing('number', '42')).toBe(42);
    expect(parseMissing('number', 'many')).toEqual(['not_an_integer']);
    expect(parseMissing('date', '2024-2-9')).toBe('2024-02-09');
    expect(parseMissing('email', 'nowhere')).toEqual(['not_an_email']);
    const choices = { data: { value__choices: [42, 'a'] } };
    expect(parse([field({ type: 'dropdown', required: false })], {}, choices)).toEqual({ values: { value: 42 } });
  });

  it('selects a choice by its text, and is stored as the choice itself', () => {
    const data = { value__choices: ['a', true, 42] };
    const parseChoice = (value: unknown) => parse([field({ type: 'radio-button-group' })], { value }, { data });
    expect(parseChoice('True')).toEqual({ values: { value: true } });
    expect(parseChoice(42)).toEqual({ values: { value: 42 } });
    expect(parseChoice('b')).toMatchObject({ errors: { value: [{ code: 'not_a_choice', params: { input: 'b' } }] } });
    const wrong = { code: 'not_a_choice', params: { input: "{'a': [True]}" } };
    expect(parseChoice({ a: [true] })).toEqual({ errors: { value: [wrong] } });
  });

  it('selects an object choice by its value and stores that value, not the object', () => {
    const data = { value__choices: [{ label: 'Red', value: 1 }, { label: 'Blue', value: 'b' }, 'plain'] };
    const parseChoice = (value: unknown) =>
      parse([field({ type: 'dropdown' })], { value }, { data, objectChoices: true });
    expect(parseChoice('1')).toEqual({ values: { value: 1 } });
    expect(parseChoice('b')).toEqual({ values: { value: 'b' } });
    expect(parseChoice('plain')).toEqual({ values: { value: 'plain' } });
    expect(parseChoice('Red')).toMatchObject({
      errors: { value: [{ code: 'not_a_choice', params: { input: 'Red' } }] },
    });
    expect(parse([field({ type: 'dropdown', required: false })], {}, { data, objectChoices: true })).toEqual({
      values: { value: 1 },
    });
  });

  it('selects a choice that is a list or an object by its Python literal or by an equal value', () => {
    const data = { value__choices: [['a', 1], { b: null }] };
    const parseChoice = (value: unknown) => parse([field({ type: 'dropdown' })], { value }, { data });
    expect(parseChoice("['a', 1]")).toEqual({ values: { value: ['a', 1] } });
    expect(parseChoice(['a', 1])).toEqual({ values: { value: ['a', 1] } });
    expect(parseChoice("{'b': None}")).toEqual({ values: { value: { b: null } } });
    expect(parseChoice('["a",1]')).toMatchObject({ errors: { value: [{ code: 'not_a_choice' }] } });
  });
});

describe('a field that the visitor cannot fill in', () => {
  it.each(['hidden', 'static', 'text_read_only', 'text_area_read_only'] as const)(
    'keeps its value and ignores the value in the response: %s',
    (type) => {
      expect(parseOne({ type, initial_value: 'kept' }, 'tampered')).toBe('kept');
      expect(parseOne({ type, initial_value: 'kept' }, '')).toBe('kept');
      expect(parseOne({ type, initial_value: 'kept' }, null)).toBe('kept');
    },
  );

  it('has the value of its placeholder if it is of type hidden or static and has no initial value', () => {
    expect(parseOne({ type: 'hidden', placeholder: 'p' }, 'x')).toBe('p');
    expect(parseOne({ type: 'static', placeholder: 'p' }, 'x')).toBe('p');
    expect(parseOne({ type: 'text_read_only', placeholder: 'p' }, 'x')).toBe('');
  });

  it('has the result of its placeholder expression as value, never the text of the expression', () => {
    for (const type of ['hidden', 'static'] as const) {
      const computed = field({ type, placeholder: 'return 1', placeholder_expression: true });
      const form = (evaluated: object) =>
        buildForm({ fields: [computed], data: {}, locked: [], secrets: [], objectChoices: false }, { ...evaluated });
      const value = (evaluated: object) => parseAnswers(form(evaluated), {}, LIMITS);
      expect(value({ [`${computed.id}.placeholder`]: 'computed' })).toEqual({ values: { value: 'computed' } });
      expect(value({})).toEqual({ values: { value: '' } });
    }
  });

  it.each(['separator', ...ALERT_TYPES] as const)('has no value if it is of type %s', (type) => {
    expect(parse([field({ type, initial_value: 'shown' })], { value: 'x' })).toEqual({ values: {} });
    expect(parse([field({ type })], {})).toEqual({ values: {} });
  });

  it.each(['text_read_only', 'text_area_read_only'] as const)(
    'accepts a response in which it is blank or missing: %s',
    (type) => {
      expect(parse([field({ type })], { value: '' })).toEqual({ values: { value: '' } });
      expect(parse([field({ type })], {})).toEqual({ values: { value: '' } });
    },
  );

  it('ignores the value in the response if an invitation has fixed the value', () => {
    const planValues = { data: { value: 'fixed' }, locked: ['value'] };
    expect(parse([field({ type: 'text' })], { value: 'mine' }, planValues)).toEqual({ values: {} });
    expect(parse([field({ type: 'text' })], {}, planValues)).toEqual({ values: {} });
  });
});

const DIFFERENT = { errors: { non_field_errors: [{ code: 'prompt_passwords_differ' }] } };

describe('a response', () => {
  const password = (key: string) => field({ type: 'password', field_key: key });

  it('gives no values for keys that are not in the form', () => {
    const body = { value: 'x', is_active: true, groups: ['admins'], component: 'ak-stage-prompt' };
    expect(parse([field({ type: 'text' })], body)).toEqual({ values: { value: 'x' } });
  });

  it('is read without inherited properties', () => {
    const body = Object.create({ value: 'inherited' }) as object;
    expect(parse([field({ type: 'text' })], body)).toMatchObject({ errors: { value: [{ code: 'required' }] } });
    expect(parse([field({ type: 'text', field_key: 'toString', required: false })], {})).toEqual({ values: {} });
  });

  it('gets the error about different passwords only if every field is valid', () => {
    const fields = [password('a'), password('b'), field({ type: 'number' })];
    const wrong = parse(fields, { a: 'x', b: 'y', value: 'n' });
    expect('errors' in wrong && codesOf(wrong.errors)).toEqual({ value: ['not_an_integer'] });
    const differing = parse(fields, { a: 'x', b: 'y', value: 1 });
    expect('errors' in differing && codesOf(differing.errors)).toEqual({
      non_field_errors: ['prompt_passwords_differ'],
    });
  });

  it('must have the same text, including spaces, in all password fields, and a missing password is different', () => {
    expect(parse([password('a'), password('b')], { a: 'x', b: 'x ' })).toHaveProperty('errors');
    expect(parse([password('a'), password('b')], { a: 'x', b: 'x' })).toEqual({ values: { a: 'x', b: 'x' } });
    expect(parse([password('a')], { a: 'x' })).toEqual({ values: { a: 'x' } });
    const three = [password('a'), password('b'), password('c')];
    expect(parse(three, { a: 'x', b: 'x', c: 'z' })).toMatchObject(DIFFERENT);
    expect(parse(three, { a: 'x', b: 'x', c: 'x' })).toHaveProperty('values');
    const optional = [password('a'), { ...password('b'), required: false }];
    expect(parse(optional, { a: 'x' })).toMatchObject(DIFFERENT);
    const neither = optional.map((promptField) => ({ ...promptField, required: false }));
    expect(parse(neither, { a: '' })).toEqual({ values: {} });
  });

  it('may have a password that differs from a password that an invitation has fixed', () => {
    const planValues = { data: { a: 'fixed' }, locked: ['a'] };
    expect(parse([password('a'), password('b')], { b: 'x' }, planValues)).toEqual({ values: { b: 'x' } });
  });
});
