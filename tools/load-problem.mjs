import { dirname, join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/**
 * Returns a message that says how to mend an error of rolldown: a module is missing, or is not valid TypeScript.
 * Returns `undefined` for any other error.
 */
export function loadProblem(error) {
  const [{ code, loc, exporter, message } = {}] = error.errors ?? [];
  if (code === 'UNRESOLVED_IMPORT') {
    const path = join(dirname(loc.file), exporter).replace(/\.js$/, '.ts');
    return `${here(loc.file)} imports ${here(path)}, which does not exist: add the file, or remove the import.`;
  }
  if (code !== 'PARSE_ERROR') return undefined;
  const [said] = stripVTControlCharacters(message).split('\n');
  return `${here(loc.file)}:${loc.line}:${loc.column + 1} is no valid TypeScript: ${said.replace(/^\[\w+\] /, '')}.`;
}

/** Returns a path as seen from the repository. */
const here = (path) => relative(process.cwd(), path);
