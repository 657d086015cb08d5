import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { blueprintSchema } from '@gatehouse/blueprints';
import { CommandError } from '@gatehouse/local';

/** Returns the JSON Schema of blueprints for editors, or writes it to the file of `--output`. */
export async function printBlueprintSchema(args: readonly string[]): Promise<string> {
  const output = outputOf(args);
  const text = JSON.stringify(blueprintSchema(), null, 2);
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
