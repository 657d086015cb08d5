import { nameOf, type Schema, type Schemas } from './schema.js';

/** Where an example stops to go deeper: schemas may contain themselves. */
const DEPTH = 4;

const PLAIN: Readonly<Record<string, unknown>> = { string: '', integer: 0, number: 0, boolean: false, array: [] };

/** A value that a schema allows as far as types go, with what is required and what has a default. */
export function exampleOf(schema: Schema, schemas: Schemas, depth = DEPTH): unknown {
  const [said] = schema.default === undefined ? (schema.enum ?? []) : [schema.default];
  if (said !== undefined) return said;
  const meant = meantBy(schema, schemas);
  if (meant) return exampleOf(meant, schemas, depth);
  if (schema.nullable) return null;
  if (schema.type === 'object' || schema.properties) return depth > 0 ? objectOf(schema, schemas, depth - 1) : {};
  return PLAIN[schema.type ?? ''] ?? null;
}

/** What a schema says by pointing to others: the one, or the first of them. */
const meantBy = ({ $ref, oneOf, anyOf, allOf }: Schema, schemas: Schemas): Schema | undefined =>
  $ref === undefined ? (oneOf ?? anyOf ?? allOf)?.[0] : (schemas[nameOf($ref)] ?? {});

function objectOf({ properties = {}, required = [] }: Schema, schemas: Schemas, depth: number) {
  const asked = Object.entries(properties).filter(
    ([name, { default: preset }]) => required.includes(name) || preset !== undefined,
  );
  return Object.fromEntries(asked.map(([name, property]) => [name, exampleOf(property, schemas, depth)]));
}

/** What answers of the executor are called in the published schema. */
const ANSWERS = 'FlowChallengeResponseRequest';

/** An answer to the challenge of a component, to be filled in; undefined when nothing answers it. */
export function answerTo(component: string, schemas: Schemas): object | undefined {
  const $ref = schemas[ANSWERS]?.discriminator?.mapping?.[component];
  const schema = $ref === undefined ? undefined : schemas[nameOf($ref)];
  return schema && { ...(exampleOf(schema, schemas) as object), component };
}
