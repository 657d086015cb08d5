import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { blueprintSchema } from '@gatehouse/blueprints';

/** Returns the JSON Schema of blueprints for editors, or writes it to the file of `--output`. */
export async function printBlueprintSchema(args: readonly string[]): Promise<string> {
  const { output } = parseArgs({ args: [...args], options: { output: { type: 'string' } } }).values;
  const text = JSON.stringify(blueprintSchema(), null, 2);
  if (output === undefined) return text;
  await writeFile(output, `${text}\n`);
  return `wrote ${output}`;
}
