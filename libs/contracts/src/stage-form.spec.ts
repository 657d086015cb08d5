import { describe, expect, it } from 'vitest';
import { fromDescriptor } from './descriptor-contract.js';
import { externalDescriptorErrors } from './external-stage.js';
import { stageDescriptor } from './stage-descriptor.js';
import { describedForm } from './stage-form.js';

const object = { type: 'object' };
const described = (members: Record<string, unknown>) =>
  stageDescriptor.parse({
    ...{ v: 1, kind: 'x_acme_guest', component: 'x-acme-guest' },
    ...{ config: object, challenge: object, response: object, state: object, ...members },
  });
const formOf = (members: Record<string, unknown>) => fromDescriptor(described(members)).form;
const asking = (properties: Record<string, object>, required: string[] = []) =>
  formOf({ response: { type: 'object', properties, required } });
const asked = (schema: object) => asking({ field: schema })?.inLanguage('en').fields[0];

describe('the form of an external stage', () => {
  it.each<[object, object]>([
    [{ type: 'string' }, { type: 'text', label: 'field', required: false }],
    [
      { type: 'string', title: 'Name', description: 'Yours.' },
      { type: 'text', label: 'Name', hint: 'Yours.' },
    ],
    [
      { type: ['null', 'string'], maxLength: 9 },
      { type: 'text', max_length: 9 },
    ],
    [{ anyOf: [{ type: 'null' }, { type: 'integer' }] }, { type: 'number', step: 1 }],
    [{ type: 'string', 'x-secret': true, default: 'hunter2' }, { type: 'password' }],
    [{ type: 'integer', 'x-secret': true }, { type: 'password' }],
    [{ type: 'string', 'x-multiline': true }, { type: 'multiline' }],
    [{ type: 'string', format: 'email' }, { type: 'email' }],
    [{ type: 'string', format: 'uri' }, { type: 'url' }],
    [{ type: 'string', format: 'date' }, { type: 'date' }],
    [{ type: 'string', format: 'date-time' }, { type: 'date-time' }],
    [
      { type: 'string', format: 'data-url', maxLength: 4128 },
      { type: 'file', max_bytes: 3000 },
    ],
    [
      { type: 'number', minimum: 0, maximum: 1, default: 0.5 },
      { type: 'number', minimum: 0, initial: '0.5' },
    ],
    [
      { type: 'boolean', default: true },
      { type: 'checkbox', initial: 'true' },
    ],
    [{ enum: ['s', 7, null] }, { type: 'choice', options: ['s', '7'].map((value) => ({ value, label: value })) }],
    [{ oneOf: [{ const: 's', title: 'Small' }] }, { type: 'choice', options: [{ value: 's', label: 'Small' }] }],
  ])('asks for %o by %o', (schema, field) => {
    expect(asked(schema)).toMatchObject({ name: 'field', ...field });
  });

  it('never contains the default of a secret field', () => {
    for (const schema of [{ type: 'string' }, { type: 'integer' }, { type: 'boolean' }, { enum: ['hunter2'] }])
      expect(asked({ ...schema, 'x-secret': true, default: 'hunter2' })).not.toHaveProperty('initial');
  });

  it('has its texts, lists and fields in the order of the schemas, or those that the descriptor’s `page` lists, in its order', () => {
    const challenge = {
      type: 'object',
      properties: {
        intro: { type: 'string' },
        tries: { type: 'integer', title: 'Tries' },
        rules: { type: 'array', items: { type: 'string' } },
        name: { type: 'string' },
        graph: { type: 'object' },
      },
    };
    const response = { type: 'object', properties: { name: { type: 'string' }, age: { type: 'integer' } } };
    const names = (page?: object) => {
      const { shows = [], fields = [] } =
        formOf({ challenge, response, ...(page && { page }) })?.inLanguage('en') ?? {};
      return [shows.map(({ name }) => name), fields.map(({ name }) => name)];
    };
    expect(names()).toEqual([
      ['intro', 'rules'],
      ['name', 'age'],
    ]);
    expect(names({ shows: ['tries', 'intro', 'graph'], asks: ['age'] })).toEqual([['tries', 'intro'], ['age']]);
  });

  it('is undefined for a stage without a challenge, or with a required field that a form cannot have', () => {
    expect(formOf({ component: null })).toBeUndefined();
    expect(asking({ graph: object }, ['graph'])).toBeUndefined();
    expect(asking({ component: { type: 'string' } }, ['component'])).toBeUndefined();
    expect(asking({ graph: object })?.inLanguage('en').fields).toEqual([]);
  });

  it('has the translations of its stage', () => {
    const form = formOf({
      response: {
        type: 'object',
        properties: { ok: { type: 'boolean', title: 'Yes' }, way: { oneOf: [{ const: 1, title: 'Yes' }] } },
      },
      page: { title: 'Yes', button: 'Go', translations: { de: { Yes: 'Ja' } } },
    });
    expect(form?.inLanguage('de')).toMatchObject({
      ...{ title: 'Ja', button: 'Go' },
      fields: [{ label: 'Ja' }, { label: 'way', options: [{ value: '1', label: 'Ja' }] }],
    });
    expect(form?.inLanguage('fr')).toMatchObject({ title: 'Yes', fields: [{ label: 'Yes' }, {}] });
  });

  it('is translated only into requested languages, once each', () => {
    const used: string[] = [];
    const translations = new Proxy<Record<string, Record<string, string>>>(
      { de: { Yes: 'Ja' }, fr: {} },
      { get: (texts, locale: string) => used.push(locale) && texts[locale] },
    );
    const schema = { ...object, type: 'object' as const, properties: {}, required: [] };
    const form = describedForm({
      ...{ component: 'x-acme-guest', challenge: schema, response: schema },
      page: { title: 'Yes', translations },
    });
    expect([1, 2].map(() => form?.inLanguage('de').title)).toEqual(['Ja', 'Ja']);
    expect(form?.inLanguage('constructor').title).toBe('Yes');
    expect(used).toEqual(['de']);
  });

  it('converts the texts of an answer to the types of the schema, and keeps texts that no type accepts', () => {
    const form = asking(
      {
        ...{ ok: { type: 'boolean' }, n: { type: 'integer' }, x: { type: 'number' }, text: { type: 'string' } },
        ...{
          size: { enum: [1, '2'] },
          at: { type: 'string', format: 'date-time' },
          file: { type: 'string', format: 'data-url' },
        },
      },
      ['n'],
    );
    const fits = { ok: 'false', n: '-7', x: '1.5', text: '7', size: '1', at: '2026-05-27T14:50', other: '1' };
    expect(form?.typed(fits)).toEqual({
      ...{ ok: false, n: -7, x: 1.5, text: '7', size: 1, at: '2026-05-27T14:50:00Z', other: '1' },
    });
    const wrong = { ok: 'maybe', n: '', x: 'NaN', size: '3', at: '2026-02-31', text: '' };
    expect(form?.typed(wrong)).toEqual(wrong);
    expect(form?.typed({ ok: '', x: '', size: '', at: '', file: '' })).toEqual({});
    expect(form?.typed({ ok: [], n: null, x: { y: 1 } })).toEqual({ ok: [], n: null, x: { y: 1 } });
  });

  it('keeps an infinite number as text, and leaves out an empty secret number', () => {
    const form = asking({ height: { type: 'number' }, pin: { type: 'integer', 'x-secret': true } });
    expect(form?.typed({ height: '1e999', pin: '7' })).toEqual({ height: '1e999', pin: 7 });
    expect(form?.typed({ pin: '' })).toEqual({});
  });
});

describe('the page of a descriptor', () => {
  it.each<[string, Record<string, unknown>]>([
    ['shows a field that the challenge does not have', { page: { shows: ['text'] } }],
    ['asks for a field that the response does not have', { page: { asks: ['text'] } }],
    [
      'has a file without a size limit',
      { response: { type: 'object', properties: { file: { type: 'string', format: 'data-url' } } } },
    ],
    ['has a challenge with the form itself', { challenge: { type: 'object', properties: { gatehouse_form: object } } }],
  ])('is refused if it %s', (_what, members) => {
    expect(externalDescriptorErrors(described(members))).toHaveLength(1);
  });
});
