import { describe, expect, it } from 'vitest';
import { field } from '../../testing/prompt.js';
import type { PromptField } from './prompt.contract.js';
import { buildForm, expressionsOf, type FormInput, toPromptField } from './prompt-form.js';

const EMPTY_PLAN: Omit<FormInput, 'fields'> = { data: {}, locked: [], secrets: [], objectChoices: false };

function show(promptField: PromptField, planValues: Partial<typeof EMPTY_PLAN> = {}, evaluated = {}) {
  const input = { fields: [promptField], ...EMPTY_PLAN, ...planValues };
  return toPromptField(buildForm(input, evaluated)[0]!);
}

describe('a form', () => {
  it('sorts its fields by order, and keeps the configured sequence of fields with equal order', () => {
    const fields = [
      field({ type: 'text', field_key: 'c', order: 2 }),
      field({ type: 'text', field_key: 'a', order: 1 }),
      field({ type: 'text', field_key: 'b', order: 1 }),
    ];
    const form = buildForm({ fields, ...EMPTY_PLAN }, {});
    expect(form.map(({ field_key }) => field_key)).toEqual(['a', 'b', 'c']);
  });

  it('shows values of the plan instead of configured initial values', () => {
    const text = field({ type: 'text', initial_value: 'configured' });
    expect(show(text).initial_value).toBe('configured');
    expect(show(text, { data: { value: 'typed' } }).initial_value).toBe('typed');
    expect(show(text, { data: { value: '' } }).initial_value).toBe('');
  });

  it('finds the value of a key with dots in a property of that name or in nested objects', () => {
    const locale = field({ type: 'ak-locale', field_key: 'attributes.settings.locale' });
    expect(show(locale, { data: { 'attributes.settings.locale': 'de' } }).initial_value).toBe('de');
    expect(show(locale, { data: { attributes: { settings: { locale: 'fr' } } } }).initial_value).toBe('fr');
    expect(show(locale, { data: { attributes: 'x' } }).initial_value).toBe('');
  });

  it('never shows an entered password, for any type of its field', () => {
    const planValues = { data: { value: 'hunter2' }, secrets: ['value'] };
    expect(show(field({ type: 'password', initial_value: 'x' }), planValues).initial_value).toBe('');
    expect(show(field({ type: 'text' }), planValues).initial_value).toBe('');
    expect(show(field({ type: 'hidden' }), planValues).initial_value).toBe('');
  });

  it.each([
    [true, 'True'],
    [false, 'False'],
    [null, 'None'],
    [42, '42'],
    ['x', 'x'],
    [['a', 1, true, null], "['a', 1, True, None]"],
    [{ a: ["it's"], b: false }, `{'a': ["it's"], 'b': False}`],
  ])('shows the initial value %j as %j', (value, text) => {
    expect(show(field({ type: 'text' }), { data: { value } }).initial_value).toBe(text);
  });

  it('has a text as the value of a ticked checkbox, and an empty text for an unticked one', () => {
    const initialValue = (value: unknown) => show(field({ type: 'checkbox' }), { data: { value } }).initial_value;
    expect(initialValue(true)).toBe('True');
    expect(initialValue(false)).toBe('');
  });

  it('shows fields that an invitation has fixed as read-only', () => {
    const showLocked = (type: PromptField['type']) =>
      show(field({ type }), { data: { value: 'Z' }, locked: ['value'] });
    expect(showLocked('text')).toMatchObject({ type: 'text_read_only', initial_value: 'Z' });
    expect(showLocked('text_area')).toMatchObject({ type: 'text_area_read_only' });
    expect(showLocked('number')).toMatchObject({ type: 'number' });
  });
});

describe('an expression of a field', () => {
  const computed = field({
    ...{ type: 'text', placeholder: 'return 1', placeholder_expression: true },
    ...{ initial_value: 'return 2', initial_value_expression: true },
  });

  it('is not evaluated if the plan has a value for the field, because the visitor may have typed it', () => {
    const sources = (data: object) =>
      expressionsOf({ ...EMPTY_PLAN, fields: [computed], data: { ...data } }).map(({ source }) => source);
    expect(sources({})).toEqual(['return 1', 'return 2']);
    expect(sources({ value: 'return 3' })).toEqual(['return 1']);
    expect(show(computed, { data: { value: 'return 3' } }).initial_value).toBe('return 3');
  });

  it('makes the property empty if it has no result, so that the text of the expression is never shown', () => {
    expect(show(computed)).toMatchObject({ placeholder: '', initial_value: '' });
    const values = { [`${computed.id}.placeholder`]: 'p', [`${computed.id}.initial_value`]: 7 };
    expect(show(computed, {}, values)).toMatchObject({ placeholder: 'p', initial_value: '7' });
  });
});

/** Returns choices whose values are also their labels. */
const texts = (...values: string[]) => values.map((value) => ({ value, label: value }));

describe('a field with choices', () => {
  const dropdown = (overrides: Partial<PromptField> = {}) => field({ type: 'dropdown', ...overrides });

  it('has the choices from the plan, from an expression or from its placeholder', () => {
    const computed = dropdown({ placeholder: 'return [1]', placeholder_expression: true });
    const values = { [`${computed.id}.placeholder`]: ['test', true, 42] };
    expect(show(dropdown({ placeholder: 'only' }))).toMatchObject({ choices: texts('only'), initial_value: 'only' });
    expect(show(computed, {}, values)).toMatchObject({ choices: texts('test', 'True', '42'), initial_value: 'test' });
    expect(show(computed, { data: { value__choices: ['a', 'b'], value: 'b' } })).toMatchObject({
      ...{ choices: texts('a', 'b'), initial_value: 'b', placeholder: '' },
    });
  });

  it.each([
    [null, 'None'],
    [5, '5'],
  ])('has a single choice if the choices are not a list, even if they are null: %j', (value, text) => {
    const data = { value__choices: value };
    expect(show(dropdown(), { data })).toMatchObject({ choices: texts(text), initial_value: text });
  });

  it('has no value without choices', () => {
    const computed = dropdown({ placeholder: 'return []', placeholder_expression: true, initial_value: 'x' });
    expect(show(computed, {}, { [`${computed.id}.placeholder`]: [] })).toMatchObject({
      ...{ choices: null, initial_value: '' },
    });
  });

  it('has the first choice as initial value if the configured initial value is not a choice', () => {
    expect(show(dropdown({ placeholder: 'one', initial_value: 'another' })).initial_value).toBe('one');
  });

  it('shows lists and objects as Python literals, and selects the choice that equals the initial value', () => {
    const data = { value__choices: [['a'], { b: true }], value: { b: true } };
    expect(show(dropdown(), { data })).toMatchObject({
      ...{ choices: texts("['a']", "{'b': True}"), initial_value: "{'b': True}" },
    });
    const none = { value__choices: ['a', null], value: null };
    expect(show(dropdown(), { data: none })).toMatchObject({ choices: texts('a', 'None'), initial_value: 'None' });
  });

  it('has object choices with label and value, and the value of the first choice as initial value', () => {
    const choices = [{ label: 'Red', value: 1 }, { label: 'Blue', value: 'b' }, { value: 'bare' }, 7];
    const plan = (value?: unknown) => ({
      ...{ objectChoices: true, data: { value__choices: choices, ...(value === undefined ? {} : { value }) } },
    });
    expect(show(dropdown(), plan())).toMatchObject({
      choices: [
        { label: 'Red', value: '1' },
        { label: 'Blue', value: 'b' },
        { label: '', value: 'bare' },
        { label: '7', value: '7' },
      ],
      initial_value: '1',
    });
    expect(show(dropdown(), plan('b')).initial_value).toBe('b');
    expect(show(dropdown(), plan(choices[1])).initial_value).toBe('b');
    expect(show(dropdown(), plan('Blue')).initial_value).toBe('1');
    const unnamed = { objectChoices: true, data: { value__choices: [{ label: 'None' }] } };
    expect(show(dropdown(), unnamed).choices).toEqual([{ label: 'None', value: '' }]);
  });
});
