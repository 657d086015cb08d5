import type { Errors } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { field } from '../../testing/prompt.js';
import { parseAnswers } from './parse-answers.js';
import type { PromptField } from './prompt.contract.js';
import { PROMPT_TYPES } from './prompt.wire.js';
import { buildForm } from './prompt-form.js';

const LIMITS = { textCharacters: 10, fileBytes: 1024 };

interface Known {
  readonly data?: Record<string, unknown>;
  readonly locked?: string[];
}

function read(fields: readonly PromptField[], body: object, { data = {}, locked = [] }: Known = {}) {
  const form = buildForm({ fields, data, locked, secrets: [] }, {});
  return parseAnswers(form, body as Record<string, unknown>, LIMITS);
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
  ['date-time', '2024-1-5', [MOMENT]],
  ['date-time', '2024-01-01t10:00z', [MOMENT]],
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

  it.each(['username', 'password', 'file', 'number', 'date', 'date-time'] as const)(
    'of the type %s is none when it is empty, where it is not required',
    (type) => {
      expect(one({ type, required: false }, '')).toBeUndefined();
      expect(one({ type, required: false, initial_value: 'x' }, '')).toBeUndefined();
      expect(one({ type }, '')).toBeInstanceOf(Array);
    },
  );

  it('has the value that the form had when it is left out, but for one that is required', () => {
    expect(one({ type: 'text', required: false, initial_value: 'given' }, undefined)).toBe('given');
    expect(one({ type: 'text', initial_value: 'given' }, undefined)).toEqual(['required']);
    expect(one({ type: 'dropdown', placeholder: 'only' }, undefined)).toEqual(['required']);
    expect(one({ type: 'checkbox', initial_value: 'True' }, undefined)).toBeUndefined();
  });

  it('that is left out is judged by the value that the form had, like any other', () => {
    const left = (type: PromptField['type'], initial_value: string) =>
      one({ type, required: false, initial_value }, undefined);
    expect(left('number', '42')).toBe(42);
    expect(left('number', 'many')).toEqual(['not_an_integer']);
    expect(left('date', '2024-2-9')).toBe('2024-02-09');
    expect(left('email', 'nowhere')).toEqual(['not_an_email']);
    const choices = { data: { value__choices: [42, 'a'] } };
    expect(read([field({ type: 'dropdown', required: false })], {}, choices)).toEqual({ values: { value: 42 } });
  });

  it('chooses by text, and is kept as what was to be chosen from', () => {
    const data = { value__choices: ['a', true, 42] };
    const chosen = (value: unknown) => read([field({ type: 'radio-button-group' })], { value }, { data });
    expect(chosen('True')).toEqual({ values: { value: true } });
    expect(chosen(42)).toEqual({ values: { value: 42 } });
    expect(chosen('b')).toMatchObject({ errors: { value: [{ code: 'not_a_choice', params: { input: 'b' } }] } });
    const wrong = { code: 'not_a_choice', params: { input: "{'a': [True]}" } };
    expect(chosen({ a: [true] })).toEqual({ errors: { value: [wrong] } });
  });

  it('chooses a list or an object by its text in Python, or by an equal value', () => {
    const data = { value__choices: [['a', 1], { b: null }] };
    const chosen = (value: unknown) => read([field({ type: 'dropdown' })], { value }, { data });
    expect(chosen("['a', 1]")).toEqual({ values: { value: ['a', 1] } });
    expect(chosen(['a', 1])).toEqual({ values: { value: ['a', 1] } });
    expect(chosen("{'b': None}")).toEqual({ values: { value: { b: null } } });
    expect(chosen('["a",1]')).toMatchObject({ errors: { value: [{ code: 'not_a_choice' }] } });
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

  it('has what the expression in its place comes to, never its source', () => {
    for (const type of ['hidden', 'static'] as const) {
      const computed = field({ type, placeholder: 'return 1', placeholder_expression: true });
      const form = (evaluated: object) =>
        buildForm({ fields: [computed], data: {}, locked: [], secrets: [] }, { ...evaluated });
      const value = (evaluated: object) => parseAnswers(form(evaluated), {}, LIMITS);
      expect(value({ [`${computed.id}.placeholder`]: 'computed' })).toEqual({ values: { value: 'computed' } });
      expect(value({})).toEqual({ values: { value: '' } });
    }
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

const DIFFERENT = { errors: { non_field_errors: [{ code: 'prompt_passwords_differ' }] } };

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

  it('compares all passwords as they were typed, and one that is left out with them', () => {
    expect(read([password('a'), password('b')], { a: 'x', b: 'x ' })).toHaveProperty('errors');
    expect(read([password('a'), password('b')], { a: 'x', b: 'x' })).toEqual({ values: { a: 'x', b: 'x' } });
    expect(read([password('a')], { a: 'x' })).toEqual({ values: { a: 'x' } });
    const three = [password('a'), password('b'), password('c')];
    expect(read(three, { a: 'x', b: 'x', c: 'z' })).toMatchObject(DIFFERENT);
    expect(read(three, { a: 'x', b: 'x', c: 'x' })).toHaveProperty('values');
    const optional = [password('a'), { ...password('b'), required: false }];
    expect(read(optional, { a: 'x' })).toMatchObject(DIFFERENT);
    const neither = optional.map((one) => ({ ...one, required: false }));
    expect(read(neither, { a: '' })).toEqual({ values: {} });
  });

  it('leaves a password that an invitation fixed out of the comparison', () => {
    const known = { data: { a: 'fixed' }, locked: ['a'] };
    expect(read([password('a'), password('b')], { b: 'x' }, known)).toEqual({ values: { b: 'x' } });
  });
});
