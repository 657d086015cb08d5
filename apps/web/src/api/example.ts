import { nameOf, type Schema, type Schemas } from './schema.js';

/** Maximum nesting depth of an example. Without a maximum, the example of a recursive schema would be infinite. */
const MAX_DEPTH = 4;

const EMPTY_VALUES: Readonly<Record<string, unknown>> = {
  string: '',
  integer: 0,
  number: 0,
  boolean: false,
  array: [],
};

/** Returns an example value of a schema, with the required properties and the properties that have a default. */
export function exampleOf(schema: Schema, schemas: Schemas, depth = MAX_DEPTH): unknown {
  const [preset] = schema.default === undefined ? (schema.enum ?? []) : [schema.default];
  if (preset !== undefined) return preset;
  const target = targetOf(schema, schemas);
  if (target) return exampleOf(target, schemas, depth);
  if (schema.nullable) return null;
  if (schema.type === 'object' || schema.properties) return depth > 0 ? objectOf(schema, schemas, depth - 1) : {};
  return EMPTY_VALUES[schema.type ?? ''] ?? null;
}

/** Returns the schema that a schema refers to, or the first of its alternatives. */
const targetOf = ({ $ref, oneOf, anyOf, allOf }: Schema, schemas: Schemas): Schema | undefined =>
  $ref === undefined ? (oneOf ?? anyOf ?? allOf)?.[0] : (schemas[nameOf($ref)] ?? {});

function objectOf({ properties = {}, required = [] }: Schema, schemas: Schemas, depth: number) {
  const included = Object.entries(properties).filter(
    ([name, { default: preset }]) => required.includes(name) || preset !== undefined,
  );
  return Object.fromEntries(included.map(([name, property]) => [name, exampleOf(property, schemas, depth)]));
}

/** Name of the schema of challenge responses in the published schema. */
const RESPONSE_SCHEMA = 'FlowChallengeResponseRequest';

/** Returns an example response to the challenge of a component, or undefined when the challenge takes no response. */
export function exampleResponse(component: string, schemas: Schemas): object | undefined {
  const $ref = schemas[RESPONSE_SCHEMA]?.discriminator?.mapping?.[component];
  const schema = $ref === undefined ? undefined : schemas[nameOf($ref)];
  return schema && { ...(exampleOf(schema, schemas) as object), component };
}
