import { z } from 'zod';
import { secret, secretFields } from './secret.js';

const TYPES = ['string', 'integer', 'number', 'boolean', 'object', 'array', 'null'] as const;

/** String formats that a descriptor may use. */
const FORMATS = ['data-url', 'date', 'date-time', 'email', 'uri', 'uuid'] as const;

const type = z.enum(TYPES);
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const count = z.int().min(0);
/** Name of a field. The format excludes names with a special meaning in programming languages, such as `__proto__`. */
const fieldName = z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/);

const labelledValue = z.strictObject({ const: scalar, title: z.string().max(512).optional() });

/**
 * The subset of JSON Schema (2020-12) that descriptors may use. A program in any language can check it. The subset has
 * no patterns and no references, because a malicious descriptor could use them for denial of service.
 */
export const descriptorSchema = z.strictObject({
  type: z.union([type, z.array(type).min(1).max(TYPES.length)]).optional(),
  title: z.string().max(512).optional(),
  description: z.string().max(512).optional(),
  default: z.unknown().optional(),
  const: scalar.optional(),
  enum: z.array(scalar).min(1).max(256).optional(),
  /** An enumeration whose values have labels. */
  oneOf: z.array(labelledValue).min(1).max(256).optional(),
  format: z.enum(FORMATS).optional(),
  minLength: count.optional(),
  maxLength: count.optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  exclusiveMaximum: z.number().optional(),
  minItems: count.optional(),
  maxItems: count.optional(),
  required: z.array(z.string()).optional(),
  /** Whether the value must stay out of logs, URLs and challenges. */
  'x-secret': z.boolean().optional(),
  /** Whether pages show an input with several lines. */
  'x-multiline': z.boolean().optional(),
  get properties() {
    return z.record(fieldName, descriptorSchema).optional();
  },
  get additionalProperties() {
    return z.union([z.boolean(), descriptorSchema]).optional();
  },
  get items() {
    return descriptorSchema.optional();
  },
  get anyOf() {
    return z.array(descriptorSchema).min(1).max(8).optional();
  },
});

/** The schema of an object in a descriptor. */
export const descriptorObject = z.strictObject({
  ...descriptorSchema.shape,
  $schema: z.string().max(128).optional(),
  type: z.literal('object'),
  properties: z.record(fieldName, descriptorSchema).default({}),
  required: z.array(z.string()).default([]),
});
export type DescriptorObject = z.output<typeof descriptorObject>;

/** The schema of one value in a descriptor. */
export type DescriptorSchema = z.output<typeof descriptorSchema>;

/** Converts a zod schema of one value to a descriptor schema. */
export const toDescribedValue = (schema: z.ZodType): DescriptorSchema => descriptorSchema.parse(jsonSchemaOf(schema));

/** Converts the descriptor schema of one value to a zod schema. */
export const fromDescribedValue = (described: DescriptorSchema): z.ZodType =>
  z.fromJSONSchema(described as z.core.JSONSchema.JSONSchema);

/** Converts a zod schema to a descriptor schema, without the checks that the subset cannot express. */
export function toDescriptorSchema(schema: z.ZodObject): DescriptorObject {
  return descriptorObject.parse(jsonSchemaOf(schema));
}

/**
 * An empty metadata registry. With it, zod writes nested schemas inline instead of as references to the `id` in their
 * metadata.
 */
const ANONYMOUS_REGISTRY = z.registry<Record<string, unknown>>();

function jsonSchemaOf(schema: z.ZodType): z.core.JSONSchema.BaseSchema {
  const { $schema: _dialect, ...converted } = z.toJSONSchema(schema, {
    unrepresentable: 'any',
    metadata: ANONYMOUS_REGISTRY,
    override: ({ zodSchema, jsonSchema }) => {
      const described = { ...jsonSchema, ...wireSchemaOf(zodSchema) };
      for (const keyword of Object.keys(jsonSchema)) delete jsonSchema[keyword];
      Object.assign(jsonSchema, withoutExtras(described));
      if (zodSchema instanceof z.ZodObject) markSecrets(zodSchema, jsonSchema);
    },
  });
  return converted;
}

/**
 * Returns the JSON Schema that a field type declares in its metadata as `wire`, with the field's title and description.
 */
function wireSchemaOf(schema: z.core.$ZodType): z.core.JSONSchema.BaseSchema {
  const { wire, title, description } = z.globalRegistry.get(schema) ?? {};
  const texts = { ...(title ? { title } : {}), ...(description ? { description } : {}) };
  return { ...texts, ...(wire instanceof z.ZodType ? jsonSchemaOf(wire) : Object(wire)) };
}

const SUPPORTED_KEYWORDS: ReadonlySet<string> = new Set(Object.keys(descriptorSchema.shape));

/**
 * Returns the schema without unsupported keywords and without the limits that zod adds: it allows further fields, does
 * not require fields with a default, and does not bound integers to the safe range.
 */
function withoutExtras(schema: z.core.JSONSchema.BaseSchema): z.core.JSONSchema.BaseSchema {
  const { additionalProperties, required, properties = {}, minimum, maximum, ...rest } = schema;
  const isOpen = Object.keys(Object(additionalProperties)).length === 0;
  const needed = required?.filter((name) => Object(properties[name])['default'] === undefined);
  return Object.fromEntries(
    Object.entries({
      ...rest,
      ...(Object.keys(properties).length > 0 ? { properties } : {}),
      ...(isOpen ? {} : { additionalProperties }),
      ...(needed ? { required: needed } : {}),
      ...(minimum === Number.MIN_SAFE_INTEGER ? {} : { minimum }),
      ...(maximum === Number.MAX_SAFE_INTEGER ? {} : { maximum }),
    }).filter(([keyword, value]) => isSupported(keyword, value)),
  );
}

/**
 * Returns whether the subset supports a keyword. It supports `oneOf` for enumerations only, not for a union of objects.
 */
const isSupported = (keyword: string, value: unknown) =>
  keyword === 'oneOf'
    ? descriptorSchema.shape.oneOf.safeParse(value).success
    : SUPPORTED_KEYWORDS.has(keyword) && value !== undefined;

function markSecrets(schema: z.ZodObject, { properties = {} }: z.core.JSONSchema.BaseSchema): void {
  for (const name of secretFields(schema)) Object.assign(properties[name] as object, { 'x-secret': true });
}

/** Converts a descriptor schema to a zod schema, which strips unknown fields. */
export function fromDescriptorSchema({ properties, required, title, description }: DescriptorObject): z.ZodObject {
  const fields = Object.entries(properties).map(([name, described]) => {
    const field = fromDescribedValue(described);
    const schema = described['x-secret'] ? secret(field) : field;
    return [name, required.includes(name) ? schema : schema.optional()] as const;
  });
  return z.object(Object.fromEntries(fields)).meta({ ...(title && { title }), ...(description && { description }) });
}
