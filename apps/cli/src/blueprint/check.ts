import { checkBlueprints, formatFindings } from '@gatehouse/blueprints';
import { printableJson } from '@gatehouse/contracts';
import {
  apiVersionIn,
  blueprintsFolder,
  fileReaderOf,
  folderLibrary,
  isHash,
  isLenient,
  readFiles,
  withSyntaxChecker,
} from '@gatehouse/local';
import { type CommandProcess, type CommandResult, parseCommandArguments } from '../command.js';

const OPTIONS = { json: { type: 'boolean', default: false }, lenient: { type: 'boolean', default: false } } as const;

/** Returns the errors and warnings that blueprints cause. The exit code is 1 if there is an error. */
export async function checkBlueprintFiles(
  args: readonly string[],
  { env, syntax: given }: CommandProcess,
): Promise<CommandResult> {
  const { values, names } = parseCommandArguments(args, OPTIONS);
  const files = await readFiles(names);
  const library = folderLibrary(blueprintsFolder(env));
  const lenient = values.lenient || isLenient(env);
  const findings = await withSyntaxChecker(given, (syntax) =>
    checkBlueprints({
      ...{ files, library, env, syntax, lenient, isHash },
      ...{ readFile: fileReaderOf(env), apiVersion: apiVersionIn(env) },
    }),
  );
  const hasErrors = findings.some(({ severity }) => severity === 'error');
  const output = values.json ? printableJson(findings) : formatFindings(findings);
  return { output, exitCode: hasErrors ? 1 : 0 };
}
