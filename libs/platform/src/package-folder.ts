import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Returns the folder of Gatehouse's `package.json`. Searches upwards, because bundled code is at another depth than its
 * source. Throws if there is no `package.json`.
 */
export function packageFolder(): string {
  const folder = findAbove(dirname(fileURLToPath(import.meta.url)));
  if (folder === undefined) throw new Error('There is no package.json in a folder above the code of Gatehouse.');
  return folder;
}

const findAbove = (folder: string): string | undefined => {
  if (existsSync(join(folder, 'package.json'))) return folder;
  return dirname(folder) === folder ? undefined : findAbove(dirname(folder));
};

/** Returns the version of Gatehouse in its `package.json`. */
export const packageVersion = (): string =>
  (JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { readonly version: string }).version;
