import { dirname, join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const MISSING = /^Failed to load url (\S+) .* in (\S+)\. Does the file exist\?$/;

/**
 * Returns what to mend about an error of vite: a module that is missing, or that is no valid TypeScript. `undefined` for
 * any other error.
 */
export function loadProblem(error) {
  const [, url, importer] = MISSING.exec(error?.message) ?? [];
  if (url) {
    const path = here(url.startsWith('.') ? join(dirname(importer), url) : url).replace(/\.js$/, '.ts');
    return `${here(importer)} imports ${path}, which does not exist: add the file, or remove the import.`;
  }
  const [cause] = error?.errors ?? [];
  if (!cause?.loc) return undefined;
  const { file, line, column } = cause.loc;
  const [said] = stripVTControlCharacters(cause.message).split('\n');
  return `${here(file)}:${line}:${column + 1} is no valid TypeScript: ${said.replace(/^\[\w+\] /, '')}.`;
}

/** Returns a path as seen from the repository. */
const here = (path) => relative(process.cwd(), path);
