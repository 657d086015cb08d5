import {
  type Errors,
  fieldErrors,
  fieldMessages,
  interpolate,
  render,
  schemaLayers,
  secretFields,
} from '@gatehouse/contracts';
import { z } from 'zod';
import { describedValue, withFullStop } from './described-value.js';
import { suggestion } from './suggestion.js';

/** Returns the values that a schema allows, or undefined if the schema is not a choice. */
export function choicesOf(schema: unknown): readonly string[] | undefined {
  for (const layer of schemaLayers(schema)) {
    if (layer instanceof z.ZodEnum) return layer.options.map(String);
    const wire: unknown = layer.meta()?.['wire'];
    if (wire !== null && typeof wire === 'object' && 'enum' in wire) return wire.enum as readonly string[];
  }
  return undefined;
}

/** Values that a schema has refused. */
interface Refused {
  readonly schema: z.ZodObject;
  readonly values: object;
  /** Fields whose values no message quotes, in addition to the fields that the schema marks as secrets. */
  readonly secrets?: ReadonlySet<string> | undefined;
}

/**
 * Returns the errors of a failed parse by field. For a choice, the error lists the allowed values. For any other field,
 * it quotes the wrong value.
 */
export function errorsWithValues(error: z.ZodError, refused: Refused): Errors {
  const secrets = new Set([...secretFields(refused.schema), ...(refused.secrets ?? [])]);
  const issues = error.issues.map((issue) => {
    const choices = choicesOf(schemaAt(refused.schema, issue.path));
    const isChoice = issue.code === 'invalid_value' || issue.code === 'custom';
    if (choices && isChoice) return { ...issue, ...described(issue, choices) };
    const isSecret = secrets.has(String(issue.path[0]));
    const text = textWithValue(issue, valueAt(refused.values, issue.path), isSecret);
    return text === undefined ? issue : { ...issue, code: 'custom' as const, params: {}, message: text };
  });
  return fieldErrors(new z.ZodError(issues));
}

/** The kinds of values, as the messages of zod name them. */
const KINDS: Readonly<Record<string, string>> = {
  ...{ array: 'a list', object: 'a map', record: 'a map', string: 'text', int: 'a whole number', number: 'a number' },
  boolean: '`true` or `false`',
};

/** Returns the text of an issue, extended by the wrong value. Undefined if the text of the issue needs no extension. */
function textWithValue(issue: z.core.$ZodIssue, value: unknown, isSecret: boolean): string | undefined {
  const isQuotable = value !== undefined && !(isSecret && typeof value !== 'object');
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input: expected')) {
    const needed = `must be ${KINDS[issue.expected] ?? issue.expected}`;
    return isQuotable ? `${needed}; it is ${describedValue(value)}` : needed;
  }
  // The texts of custom checks state the error, and may omit the value on purpose.
  if (issue.code === 'custom' && issue.params?.['message'] === undefined) return undefined;
  const text = textOf(issue);
  if (!isQuotable || value === null || value === '' || text.includes(String(value))) return undefined;
  return `${withFullStop(text)} It is ${describedValue(value)}.`;
}

function textOf(issue: z.core.$ZodIssue): string {
  const [message] = Object.values(fieldErrors(new z.ZodError([issue]))).flat();
  return message ? render(message, interpolate, fieldMessages).string : issue.message;
}

function described(issue: z.core.$ZodIssue, choices: readonly string[]) {
  const [message] = Object.values(fieldErrors(new z.ZodError([issue]))).flat();
  const { input } = (message && 'params' in message && message.params) || issue;
  return {
    ...{ code: 'custom' as const, params: {} },
    message: `${textOf(issue)}${suggestion(typeof input === 'string' ? input : '', choices, 'Choices')}`,
  };
}

/** Returns the part of a value at a path, or undefined if the value has no such part. */
const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (part, key) => (part !== null && typeof part === 'object' ? Reflect.get(part, key) : undefined),
    value,
  );

/** Returns the part of a schema that describes the value at a path, or undefined if it describes none. */
export function schemaAt(schema: unknown, path: readonly PropertyKey[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  for (const layer of schemaLayers(schema)) {
    if (layer instanceof z.ZodObject) return schemaAt(layer.shape[String(key)], rest);
    if (layer instanceof z.ZodArray) return schemaAt(layer.element, rest);
  }
  return undefined;
}
