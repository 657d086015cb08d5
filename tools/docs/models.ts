import { isDuration } from '@gatehouse/contracts';
import { z } from 'zod';
import { choicesOf } from '../../libs/blueprints/src/choices.js';
import {
  type DescribedField,
  type DescribedModel,
  describedModels,
} from '../../libs/blueprints/src/schema/described-models.js';
import { fieldSchema } from '../../libs/blueprints/src/schema/field-schema.js';
import { code, type Document, page, table } from './markdown.js';

interface TypeSchema {
  readonly type?: string | readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly TypeSchema[];
}

/** Returns the type of a field in a word or two. */
function typeOf(field: DescribedField): string {
  const { type = 'string', minimum, maximum } = leafOf(fieldSchema(field));
  const name = [type].flat().find((candidate) => candidate !== 'null') ?? 'object';
  const { refersTo, isSecret } = field;
  if (refersTo !== undefined) return name === 'array' ? `list of ids (${refersTo})` : `id (${refersTo})`;
  if (isDuration(field.schema)) return 'duration';
  const limits = [limit('from', minimum), limit('to', maximum)].join('');
  return `${isSecret ? 'secret ' : ''}${WORDS[name] ?? name}${limits}`;
}

/** Returns the first type that a field accepts besides null. */
function leafOf(schema: TypeSchema): TypeSchema {
  const [first] = (schema.anyOf ?? []).filter(({ type }) => type !== 'null');
  return first ? leafOf(first) : schema;
}

/** Returns a limit in words. Empty for the limits of a 32-bit integer, which follow from the type. */
const limit = (word: string, value: number | undefined): string =>
  value === undefined || Math.abs(value) >= 2 ** 31 - 1 ? '' : ` ${word} ${value}`;

const WORDS: Readonly<Record<string, string>> = { string: 'text', array: 'list' };

/** Returns the default of a field, or that it is required or optional. */
function defaultOf(field: DescribedField): string {
  const { default: fallback } = fieldSchema(field) as { default?: unknown };
  if (field.isRequired) return 'required';
  if (fallback !== undefined) return code(JSON.stringify(fallback));
  // Checks an object without the field, because a schema may allow that and yet refuse the value undefined.
  return z.object({ [field.name]: field.schema }).safeParse({}).success ? 'optional' : 'required';
}

function choicesIn({ schema }: DescribedField): string {
  const element = schema instanceof z.ZodType ? elementOf(schema) : undefined;
  return (choicesOf(schema) ?? choicesOf(element) ?? []).map((choice) => code(choice)).join(', ');
}

function elementOf(schema: z.ZodType): unknown {
  if (schema instanceof z.ZodArray) return schema.element;
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodNullable || schema instanceof z.ZodOptional)
    return elementOf(schema.unwrap() as z.ZodType);
  return undefined;
}

/** Returns the description of a field. A code host would take `x_<vendor>` for HTML. */
const meaningOf = ({ description = '' }: DescribedField): string => description.replaceAll('<', '\\<');

/** Returns the table of the fields of a model. */
export const optionTable = ({ fields }: DescribedModel): string =>
  table(
    ['field', 'type', 'default', 'choices', 'since', 'meaning'],
    fields.map((field) => [
      ...[code(field.name), typeOf(field), defaultOf(field), choicesIn(field), field.since, meaningOf(field)],
    ]),
  );

function section(model: DescribedModel): string[] {
  const { name, key } = model;
  const keys = key.length > 0 ? [`Identified by ${key.map((field) => code(field)).join(', ')}.`] : [];
  return [`## ${name}`, ...keys, optionTable(model)];
}

/** The page of all models of blueprints. */
export const documents: readonly Document[] = [
  page('docs/reference/models.md', [
    '# Models of blueprints',
    'The fields of each model, which stand in `attrs` or `identifiers` of an entry. [Blueprints](blueprints.md) describes ' +
      'files and commands, the [specification](../spec/blueprints.md) the format. An editor can show and check all of this ' +
      '([how](../how-to/write-blueprints-in-an-editor.md)).',
    'An id is that of an object of the kind in brackets: use `!KeyOf` or `!Find`. Numbers and booleans may be written as ' +
      'text. A duration is text such as `hours=8;minutes=5` ([format](../spec/fields.md#durations)). A secret is never ' +
      'exported. `required` is required for a new object only.',
    ...describedModels().flatMap(section),
  ]),
];
