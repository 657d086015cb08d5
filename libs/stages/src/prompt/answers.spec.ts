import type { Errors } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { answersTo } from './answers.js';
import type { PromptField } from './prompt.contract.js';
import { PROMPT_TYPES } from './prompt.wire.js';
import { formOf } from './prompt-form.js';
import { field } from './testing.js';

const LIMITS = { textCharacters: 10, fileBytes: 1024 };

interface Known {
  readonly data?: Record<string, unknown>;
  readonly locked?: string[];
}

function read(fields: readonly PromptField[], body: object, { data = {}, locked = [] }: Known = {}) {
  const form = formOf({ fields, data, locked, secrets: [] }, {});
  return answersTo(form, body as Record<string, unknown>, LIMITS);
}

/** What becomes of one value: itself, or the codes of what is wrong with it. */
function one(given: Partial<PromptField> & Pick<PromptField, 'type'>, value: unknown): unknown {
  const answers = read([field(given)], value === undefined ? {} : { value });
  return 'values' in answers ? answers.values['value'] : codesOf(answers.errors)['value'];
}
const codesOf = (errors: Errors) =>
  Object.fromEntries(
    Object.entries(errors).map(([key, all]) => [key, all.map((one) => ('code' in one ? one.code : one.text))]),
  );

const MOMENT = 'prompt_not_a_date_time';
const TABLE: [PromptField['type'], unknown, unknown][] = [
  ['text', '  a b ', '  a b '],
  ['text', 7, '7'],
  ['text', '', ['blank']],
  ['text', ['x'], ['not_a_string']],
  ['text', 'a\0b', ['null_characters']],
  ['text', 'x'.repeat(11), ['max_length']],
  ['text_area', 'two\nlines', 'two\nlines'],
  ['username', ' alice ', 'alice'],
  ['username', 'x'.repeat(151), ['max_length']],
  ['email', ' a@example.org ', 'a@example.org'],
  ['email', 'ä@example.org', ['not_an_email']],
  ['email', 'a@exämple.org', 'a@exämple.org'],
  ['email', 'a@localhost', 'a@localhost'],
  ['email', 'a@nowhere', ['not_an_email']],
  ['email', 'a b@example.org', ['not_an_email']],
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
  ['date', '2024-02-30', ['prompt_not_a_date']],
  ['date', '0000-01-01', ['prompt_not_a_date']],
  ['date', '24.12.2024', ['prompt_not_a_date']],
  ['date', 20241224, ['prompt_not_a_date']],
  ['date-time', '2024-12-24', '2024-12-24T00:00:00Z'],
  ['date-time', '2024-12-24T18:30', '2024-12-24T18:30:00Z'],
  ['date-time', '2024-12-24 18:30:15.5', '2024-12-24T18:30:15.500000Z'],
  ['date-time', '2024-12-24T00:30:00+01:00', '2024-12-23T23:30:00Z'],
  ['date-time', '2024-12-24T23:30-0130', '2024-12-25T01:00:00Z'],
  ['date-time', '2024-12-24T18:30.5', [MOMENT]],
  ['date-time', '2024-12-24T24:00', [MOMENT]],
  ['date-time', '2024-12-24T18:30+24:00', [MOMENT]],
  ['date-time', '9999-12-31T23:30-01:00', [MOMENT]],
  ['date-time', 'yesterday', [MOMENT]],
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

describe('an answer to a field', () => {
  it.each(TABLE)('of the type %s, %j, becomes %j', (type, value, outcome) => {
    expect(one({ type }, value)).toEqual(outcome);
  });

  const FILLED_IN = PROMPT_TYPES.filter((type) => !/read_only|hidden|static|separator/.test(type));

  it.each(FILLED_IN)('of the type %s may not be null', (type) => {
    expect(one({ type }, null)).toEqual(['null']);
    expect(one({ type, required: false }, null)).toEqual(['null']);
  });

  it.each(FILLED_IN.filter((type) => type !== 'checkbox'))(
    'of the type %s is missed only where it is required',
    (type) => {
      expect(one({ type, ...NO_CHOICE }, undefined)).toEqual(['required']);
      expect(one({ type, ...NO_CHOICE, required: false }, undefined)).toBeUndefined();
    },
  );

  /** A field to choose from has an empty choice then, which is nothing. */
  const NO_CHOICE = { placeholder: '' };

  it.each(['text', 'text_area', 'email'] as const)('of the type %s may be empty where it is not required', (type) => {
    expect(one({ type, required: false }, '')).toBe('');
    expect(one({ type }, '')).toEqual(['blank']);
  });

  it.each(['username', 'password', 'file', 'number'] as const)(
    'of the type %s may not be empty, but left out',
    (type) => {
      expect(one({ type, required: false }, '')).toBeInstanceOf(Array);
    },
  );

  it('has the value that the form had when it is left out', () => {
    expect(one({ type: 'text', initial_value: 'given' }, undefined)).toBe('given');
    expect(one({ type: 'checkbox', initial_value: 'True' }, undefined)).toBeUndefined();
  });

  it('chooses by text, and is kept as what was to be chosen from', () => {
    const data = { value__choices: ['a', true, 42] };
    const chosen = (value: unknown) => read([field({ type: 'radio-button-group' })], { value }, { data });
    expect(chosen('True')).toEqual({ values: { value: true } });
    expect(chosen(42)).toEqual({ values: { value: 42 } });
    expect(chosen('b')).toMatchObject({ errors: { value: [{ code: 'not_a_choice', params: { input: 'b' } }] } });
    expect(chosen({ a: 1 })).toMatchObject({ errors: { value: [{ code: 'not_a_choice' }] } });
  });
});

describe('a field that nobody fills in', () => {
  it.each(['hidden', 'static', 'text_read_only', 'text_area_read_only'] as const)(
    'keeps its value, whatever is sent for it: %s',
    (type) => {
      expect(one({ type, initial_value: 'kept' }, 'tampered')).toBe('kept');
      expect(one({ type, initial_value: 'kept' }, '')).toBe('kept');
      expect(one({ type, initial_value: 'kept' }, null)).toBe('kept');
    },
  );

  it('has what stands in its place where it has no value', () => {
    expect(one({ type: 'hidden', placeholder: 'p' }, 'x')).toBe('p');
    expect(one({ type: 'static', placeholder: 'p' }, 'x')).toBe('p');
    expect(one({ type: 'text_read_only', placeholder: 'p' }, 'x')).toBe('');
  });

  it('is nothing at all where it only separates others', () => {
    expect(one({ type: 'separator' }, 'x')).toBeUndefined();
  });

  it('is one that an invitation fixed', () => {
    const known = { data: { value: 'fixed' }, locked: ['value'] };
    expect(read([field({ type: 'text' })], { value: 'mine' }, known)).toEqual({ values: {} });
    expect(read([field({ type: 'text' })], {}, known)).toEqual({ values: {} });
  });
});

describe('an answer as a whole', () => {
  const password = (key: string) => field({ type: 'password', field_key: key });

  it('keeps nothing that the form does not ask for', () => {
    const body = { value: 'x', is_active: true, groups: ['admins'], component: 'ak-stage-prompt' };
    expect(read([field({ type: 'text' })], body)).toEqual({ values: { value: 'x' } });
  });

  it('finds nothing in what an answer inherits', () => {
    const body = Object.create({ value: 'inherited' }) as object;
    expect(read([field({ type: 'text' })], body)).toMatchObject({ errors: { value: [{ code: 'required' }] } });
    expect(read([field({ type: 'text', field_key: 'toString', required: false })], {})).toEqual({ values: {} });
  });

  it('tells of all fields at once, and of the passwords only when each is right', () => {
    const fields = [password('a'), password('b'), field({ type: 'number' })];
    const wrong = read(fields, { a: 'x', b: 'y', value: 'n' });
    expect('errors' in wrong && codesOf(wrong.errors)).toEqual({ value: ['not_an_integer'] });
    const differing = read(fields, { a: 'x', b: 'y', value: 1 });
    expect('errors' in differing && codesOf(differing.errors)).toEqual({
      non_field_errors: ['prompt_passwords_differ'],
    });
  });

  it('compares two passwords as they were typed, and of one or three none', () => {
    expect(read([password('a'), password('b')], { a: 'x', b: 'x ' })).toHaveProperty('errors');
    expect(read([password('a'), password('b')], { a: 'x', b: 'x' })).toEqual({ values: { a: 'x', b: 'x' } });
    expect(read([password('a'), password('b'), password('c')], { a: 'x', b: 'y', c: 'z' })).toHaveProperty('values');
  });
});
