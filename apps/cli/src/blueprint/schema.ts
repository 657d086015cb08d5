import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { blueprintSchema } from '@gatehouse/blueprints';
import { apiVersionIn, CommandError } from '@gatehouse/local';
import type { CommandProcess } from '../command.js';

/**
 * Returns the JSON Schema of blueprints for editors, for the API version in `API_VERSION`, or writes it to the file of
 * `--output`.
 */
export async function printBlueprintSchema(args: readonly string[], { env }: CommandProcess): Promise<string> {
  const output = outputOf(args);
  const text = JSON.stringify(blueprintSchema(apiVersionIn(env)), null, 2);
  if (output === undefined) return text;
  await writeFile(output, `${text}\n`);
  return `wrote ${output}`;
}

function outputOf(args: readonly string[]): string | undefined {
  try {
    return parseArgs({ args: [...args], options: { output: { type: 'string' } } }).values.output;
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}
