import { checkBlueprints, formatFindings } from '@gatehouse/blueprints';
import { folderLibrary, LazyPythonSyntaxChecker, readFiles } from '@gatehouse/local';
import { parseCommandArguments } from '../command.js';

/** Says what is wrong with blueprints, or may be; errors make the command fail. */
export async function check(args: readonly string[]): Promise<string> {
  const { values, names } = parseCommandArguments(args, { json: { type: 'boolean', default: false } });
  const files = await readFiles(names);
  const syntax = new LazyPythonSyntaxChecker();
  try {
    const findings = await checkBlueprints({ files, library: folderLibrary(), env: process.env, syntax });
    if (findings.some(({ severity }) => severity === 'error')) process.exitCode = 1;
    return values.json ? JSON.stringify(findings, null, 2) : formatFindings(findings);
  } finally {
    await syntax.close();
  }
}
