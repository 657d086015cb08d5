import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Returns whether an optional program is on the PATH. */
export const isInstalled = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => isExecutable(join(folder, program)));

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Environment of a Go program that ends soon, such as promtool and kustomize. Its garbage collections are rarer, which
 * saves a quarter of its CPU time.
 */
export const goEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, GOGC: '400' });
