import { type Errors, fieldErrors, fieldMessages, interpolate, render, schemaLayers } from '@gatehouse/contracts';
import { z } from 'zod';
import { suggestion } from './suggestion.js';

/** Returns the values that a schema allows, or undefined if it is no choice. */
export function choicesOf(schema: unknown): readonly string[] | undefined {
  for (const layer of schemaLayers(schema)) {
    if (layer instanceof z.ZodEnum) return layer.options.map(String);
    const wire: unknown = layer.meta()?.['wire'];
    if (wire !== null && typeof wire === 'object' && 'enum' in wire) return wire.enum as readonly string[];
  }
  return undefined;
}

/** Returns the errors of a failed parse by field. An error about a choice names the choices. */
export function errorsWithChoices(schema: z.ZodType, error: z.ZodError): Errors {
  const issues = error.issues.map((issue) => {
    const choices = choicesOf(schemaAt(schema, issue.path));
    const isChoice = issue.code === 'invalid_value' || issue.code === 'custom';
    return choices && isChoice ? { ...issue, ...described(issue, choices) } : issue;
  });
  return fieldErrors(new z.ZodError(issues));
}

function described(issue: z.core.$ZodIssue, choices: readonly string[]) {
  const [message] = Object.values(fieldErrors(new z.ZodError([issue]))).flat();
  const { input } = (message && 'params' in message && message.params) || issue;
  const text = message ? render(message, interpolate, fieldMessages).string : issue.message;
  return {
    ...{ code: 'custom' as const, params: {} },
    message: `${text}${suggestion(typeof input === 'string' ? input : '', choices, 'Choices')}`,
  };
}

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
