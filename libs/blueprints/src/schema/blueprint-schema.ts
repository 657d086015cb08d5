import { type ApiVersion, DEFAULT_API_VERSION } from '@gatehouse/contracts';
import { listedFields } from '../authentik-fields.js';
import { SKIPPABLE_MODELS } from '../authentik-models.js';
import { builtInModels } from '../built-in-models.js';
import { STATES } from '../entry-state.js';
import { LOOKUPS } from '../field-lookup.js';
import { type DescribedModel, describedModels } from './described-models.js';
import { type JsonSchema, TAG } from './field-schema.js';
import { fieldSchemaIn } from './line-schema.js';

/**
 * Returns the JSON Schema (draft 7) of blueprints, for editors. Tags with arguments are lists in it, and tags with a
 * name are texts, as yaml-language-server reads custom tags. `apiVersion` is the line whose models, fields and values
 * it has.
 */
export function blueprintSchema(apiVersion: ApiVersion = DEFAULT_API_VERSION): JsonSchema {
  const models = describedModels().filter((model) => model.apiVersion === undefined || model.apiVersion <= apiVersion);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Gatehouse blueprint',
    type: 'object',
    properties: {
      version: { description: 'Version of the format.', const: 1 },
      metadata: METADATA,
      context: { description: 'Values for !Context.', type: ['object', 'null'] },
      entries: {
        description: 'Objects, in the order in which they are applied: a list, or a list for each section.',
        type: ['array', 'object', 'null'],
        items: { $ref: '#/definitions/entry' },
        additionalProperties: { type: ['array', 'null'], items: { $ref: '#/definitions/entry' } },
      },
    },
    required: ['entries'],
    patternProperties: { '^x-': {} },
    additionalProperties: false,
    definitions: {
      tag: { description: 'A tag, such as !Find [app.model, [field, value]].', type: 'array', minItems: 1 },
      listTag: LIST_TAG,
      reference: { type: 'object', required: ['pk'] },
      entry: entrySchema(models),
      ...Object.fromEntries(models.flatMap((model) => definitionsOf(model, apiVersion))),
    },
  };
}

const METADATA: JsonSchema = {
  description: 'Name and labels of the blueprint.',
  type: ['object', 'null'],
  properties: { name: { type: ['string', 'number', 'boolean'] }, labels: { type: ['object', 'null'] } },
  required: ['name'],
  additionalProperties: false,
};

/** A tag that makes a list. */
const LIST_TAG: JsonSchema = {
  description: '!Enumerate [items, SEQ, body], !If [condition, a, b], or !AtIndex [value, key, default].',
  type: 'array',
  anyOf: [
    { items: [{}, { enum: ['SEQ', 'MAP'] }, {}], minItems: 3, maxItems: 3 },
    { items: [{ type: ['array', 'boolean'] }, {}, {}], minItems: 3, maxItems: 3 },
    { items: [{ type: ['array', 'object'] }, { type: ['string', 'integer'] }, {}], minItems: 2, maxItems: 3 },
  ],
};

const entrySchema = (models: readonly DescribedModel[]): JsonSchema => ({
  type: 'object',
  properties: {
    model: modelSchema(models),
    state: { description: 'What the entry does.', default: 'present', anyOf: [{ enum: STATES }, TAG] },
    id: { description: 'Name for !KeyOf.', type: ['string', 'number', 'null'] },
    identifiers: { description: 'Values that find the object.', type: ['object', 'null'] },
    attrs: { description: 'Values to set.', type: ['object', 'null'] },
    conditions: { description: 'The entry is skipped unless all are true.', type: ['array', 'null'] },
    permissions: { description: 'Ignored.', type: ['array', 'null'] },
  },
  required: ['model'],
  additionalProperties: false,
  allOf: models.map(fieldsIfModel),
});

const modelSchema = (models: readonly DescribedModel[]): JsonSchema => ({
  description: 'The model of the object.',
  anyOf: [
    { enum: models.map(({ name }) => name) },
    { description: 'A model of authentik that no login needs. It is skipped.', enum: SKIPPABLE_MODELS },
    { description: 'A model with letters in upper case.', type: 'string', pattern: '[A-Z]' },
    TAG,
  ],
});

/** Returns the schema that restricts the fields of entries of one model. */
const fieldsIfModel = ({ name }: DescribedModel): JsonSchema => ({
  if: { not: { properties: { model: { const: name } }, required: ['model'] } },
  else: {
    properties: {
      attrs: { $ref: `#/definitions/${name}.attrs` },
      identifiers: { $ref: `#/definitions/${name}.identifiers` },
    },
  },
});

/** Identifiers that are not fields. */
const OTHER_IDENTIFIERS: Readonly<Record<string, readonly string[]>> = { 'authentik_core.user': ['uuid'] };

function definitionsOf({ name, fields }: DescribedModel, apiVersion: ApiVersion): [name: string, schema: JsonSchema][] {
  const properties = Object.fromEntries(fields.map((field) => [field.name, fieldSchemaIn(apiVersion, field)]));
  const base = { type: ['object', 'null'], additionalProperties: false } as const;
  const identifiers = Object.fromEntries(['pk', ...(OTHER_IDENTIFIERS[name] ?? [])].map((field) => [field, {}]));
  const fieldsOf = `#/definitions/${name}.attrs/properties/`;
  const sameFields = Object.fromEntries(fields.map((field) => [field.name, { $ref: `${fieldsOf}${field.name}` }]));
  const lookup = `^(${fields.map((field) => field.name).join('|')})__(${LOOKUPS.join('|')})$`;
  return [
    [`${name}.attrs`, { ...base, properties: { ...ignoredFields(name), pk: {}, ...properties } }],
    [
      `${name}.identifiers`,
      {
        ...{ ...base, properties: { ...identifiers, ...sameFields } },
        ...(WITH_LOOKUPS.has(name) && { patternProperties: { [lookup]: {} } }),
      },
    ],
  ];
}

/** The models whose objects can be found by lookups such as `name__startswith`. */
const WITH_LOOKUPS = new Set(builtInModels.map(({ name }) => name));

const EMPTY = [false, null, 0, '', [], {}];

/** Returns the fields of authentik that the reader ignores (docs/adr/0095). */
const ignoredFields = (model: string): Record<string, JsonSchema> =>
  Object.fromEntries(
    listedFields(model).map(({ field, kind }) => [
      field,
      { description: 'A field of authentik, which Gatehouse ignores.', ...(kind === 'essential' && { enum: EMPTY }) },
    ]),
  );
