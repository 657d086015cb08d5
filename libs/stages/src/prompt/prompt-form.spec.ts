import { describe, expect, it } from 'vitest';
import { field } from '../../testing/prompt.js';
import type { PromptField } from './prompt.contract.js';
import { buildForm, expressionsOf, type FormInput, toPromptField } from './prompt-form.js';

const NOTHING_KNOWN: Omit<FormInput, 'fields'> = { data: {}, locked: [], secrets: [] };

function show(one: PromptField, known: Partial<typeof NOTHING_KNOWN> = {}, evaluated = {}) {
  const making = { fields: [one], ...NOTHING_KNOWN, ...known };
  return toPromptField(buildForm(making, evaluated)[0]!);
}

describe('a form', () => {
  it('shows its fields in their order, those of one place as they were listed', () => {
    const fields = [
      field({ type: 'text', field_key: 'c', order: 2 }),
      field({ type: 'text', field_key: 'a', order: 1 }),
      field({ type: 'text', field_key: 'b', order: 1 }),
    ];
    const form = buildForm({ fields, ...NOTHING_KNOWN }, {});
    expect(form.map(({ field_key }) => field_key)).toEqual(['a', 'b', 'c']);
  });

  it('shows what is known already before what is configured', () => {
    const text = field({ type: 'text', initial_value: 'configured' });
    expect(show(text).initial_value).toBe('configured');
    expect(show(text, { data: { value: 'typed' } }).initial_value).toBe('typed');
    expect(show(text, { data: { value: '' } }).initial_value).toBe('');
  });

  it('finds what is known of a key with dots, flat or inside of an object', () => {
    const locale = field({ type: 'ak-locale', field_key: 'attributes.settings.locale' });
    expect(show(locale, { data: { 'attributes.settings.locale': 'de' } }).initial_value).toBe('de');
    expect(show(locale, { data: { attributes: { settings: { locale: 'fr' } } } }).initial_value).toBe('fr');
    expect(show(locale, { data: { attributes: 'x' } }).initial_value).toBe('');
  });

  it('never shows a password again, under whatever type its key comes back', () => {
    const known = { data: { value: 'hunter2' }, secrets: ['value'] };
    expect(show(field({ type: 'password', initial_value: 'x' }), known).initial_value).toBe('');
    expect(show(field({ type: 'text' }), known).initial_value).toBe('');
    expect(show(field({ type: 'hidden' }), known).initial_value).toBe('');
  });

  it.each([
    [true, 'True'],
    [false, 'False'],
    [null, 'None'],
    [42, '42'],
    ['x', 'x'],
    [['a', 1, true, null], "['a', 1, True, None]"],
    [{ a: ["it's"], b: false }, `{'a': ["it's"], 'b': False}`],
  ])('writes %j as %j', (value, text) => {
    expect(show(field({ type: 'text' }), { data: { value } }).initial_value).toBe(text);
  });

  it('shows a box as ticked for what is true only, as any text at all ticks it', () => {
    const shown = (value: unknown) => show(field({ type: 'checkbox' }), { data: { value } }).initial_value;
    expect(shown(true)).toBe('True');
    expect(shown(false)).toBe('');
  });

  it('draws what an invitation fixed as what cannot be changed', () => {
    const drawn = (type: PromptField['type']) => show(field({ type }), { data: { value: 'Z' }, locked: ['value'] });
    expect(drawn('text')).toMatchObject({ type: 'text_read_only', initial_value: 'Z' });
    expect(drawn('text_area')).toMatchObject({ type: 'text_area_read_only' });
    expect(drawn('number')).toMatchObject({ type: 'number' });
  });
});

describe('an expression of a field', () => {
  const computed = field({
    ...{ type: 'text', placeholder: 'return 1', placeholder_expression: true },
    ...{ initial_value: 'return 2', initial_value_expression: true },
  });

  it('is evaluated for what has to be found out, and not over what is known: a visitor may have typed it', () => {
    const sources = (data: object) =>
      expressionsOf({ ...NOTHING_KNOWN, fields: [computed], data: { ...data } }).map(({ source }) => source);
    expect(sources({})).toEqual(['return 1', 'return 2']);
    expect(sources({ value: 'return 3' })).toEqual(['return 1']);
    expect(show(computed, { data: { value: 'return 3' } }).initial_value).toBe('return 3');
  });

  it('leaves its place empty when it comes to nothing, and never shows its source', () => {
    expect(show(computed)).toMatchObject({ placeholder: '', initial_value: '' });
    const values = { [`${computed.id}.placeholder`]: 'p', [`${computed.id}.initial_value`]: 7 };
    expect(show(computed, {}, values)).toMatchObject({ placeholder: 'p', initial_value: '7' });
  });
});

describe('a field to choose from', () => {
  const choose = (given: Partial<PromptField> = {}) => field({ type: 'dropdown', ...given });

  it('takes its choices from what policies left, from an expression, or from its placeholder', () => {
    const computed = choose({ placeholder: 'return [1]', placeholder_expression: true });
    const values = { [`${computed.id}.placeholder`]: ['test', true, 42] };
    expect(show(choose({ placeholder: 'only' }))).toMatchObject({ choices: ['only'], initial_value: 'only' });
    expect(show(computed, {}, values)).toMatchObject({ choices: ['test', 'True', '42'], initial_value: 'test' });
    expect(show(computed, { data: { value__choices: ['a', 'b'], value: 'b' } })).toMatchObject({
      ...{ choices: ['a', 'b'], initial_value: 'b', placeholder: '' },
    });
  });

  it('has none, and no value, where there are none', () => {
    const computed = choose({ placeholder: 'return []', placeholder_expression: true, initial_value: 'x' });
    expect(show(computed, {}, { [`${computed.id}.placeholder`]: [] })).toMatchObject({
      ...{ choices: null, initial_value: '' },
    });
  });

  it('begins with the first where its value is not among them', () => {
    expect(show(choose({ placeholder: 'one', initial_value: 'another' })).initial_value).toBe('one');
  });

  it('shows lists and objects as Python writes them, and begins with the one that is equal', () => {
    const data = { value__choices: [['a'], { b: true }], value: { b: true } };
    expect(show(choose(), { data })).toMatchObject({
      ...{ choices: ["['a']", "{'b': True}"], initial_value: "{'b': True}" },
    });
    const none = { value__choices: ['a', null], value: null };
    expect(show(choose(), { data: none })).toMatchObject({ choices: ['a', 'None'], initial_value: 'None' });
  });
});
