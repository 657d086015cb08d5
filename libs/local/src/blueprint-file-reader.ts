import { readFile, realpath, stat } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import { BlueprintError, type FileReader } from '@gatehouse/blueprints';

/** Maximum size of a file that `!File` reads, in bytes. */
export const MAX_FILE_BYTES = 64 * 1024;

/**
 * Returns the function that reads text files in a folder for the tag `!File`, and trims their text. Follows symbolic
 * links, which must not lead out of the folder. Returns undefined without a folder: the tag is then refused.
 */
export function blueprintFileReader(folder: string | undefined): FileReader | undefined {
  if (folder === undefined) return undefined;
  return async (path) => {
    const root = await realpath(folder).catch(() => {
      throw new BlueprintError(`!File: the folder in BLUEPRINT_FILES does not exist: ${folder}`);
    });
    const asked = resolve(folder, path);
    // The folder itself may be a symbolic link.
    const file = isInside(resolve(folder), asked) ? resolve(root, relative(resolve(folder), asked)) : asked;
    if (!isInside(root, file)) throw outside(path);
    const real = await realpath(file).catch(ignoreMissing(path));
    if (real === undefined) return undefined;
    if (!isInside(root, real)) throw outside(path);
    return readText(real, path);
  };
}

async function readText(file: string, path: string): Promise<string> {
  const found = await stat(file);
  if (!found.isFile()) throw new BlueprintError(`!File: ${path} is not a file`);
  if (found.size > MAX_FILE_BYTES) throw new BlueprintError(`!File: ${path} is larger than ${MAX_FILE_BYTES} bytes`);
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw new BlueprintError(`!File: ${path} cannot be read: ${String(cause.code)}`, {}, { cause });
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim();
  } catch (cause) {
    throw new BlueprintError(`!File: ${path} is not text in UTF-8`, {}, { cause });
  }
}

const isInside = (folder: string, path: string): boolean =>
  path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

const outside = (path: string) => new BlueprintError(`!File: ${path} is outside of the folder in BLUEPRINT_FILES`);

/**
 * Returns an error handler that returns undefined for a missing file, and throws BlueprintError for any other error.
 */
const ignoreMissing =
  (path: string) =>
  (cause: NodeJS.ErrnoException): undefined => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
    throw new BlueprintError(`!File: ${path} cannot be read: ${String(cause.code)}`, {}, { cause });
  };
