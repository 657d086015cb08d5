import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { z } from 'zod';
import { LoadError } from './load-error.js';

/** Reads the text of a file. `what` names the file in the error message. */
export async function readText(path: string, what: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: Error) => {
    throw new LoadError(`${what} ${path} cannot be read: ${error.message}`);
  });
}

/**
 * Parses YAML by a schema. Throws `LoadError` with all mistakes, each with its place. `kind` says in the message what
 * was expected.
 */
export function parseYaml<S extends z.ZodType>(
  schema: S,
  text: string,
  { name, kind }: { name: string; kind: string },
) {
  const { success, data, error } = schema.safeParse(valueOf(text, name));
  if (success) return data;
  const mistakes = error.issues.map(({ path, message }) => `  ${path.join('.') || 'file'}: ${message}`);
  throw new LoadError(`${name} is not ${kind}:\n${mistakes.join('\n')}`);
}

function valueOf(text: string, name: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new LoadError(`${name} is not YAML: ${(error as Error).message}`);
  }
}
