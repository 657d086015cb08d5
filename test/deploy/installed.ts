import { spawnSync } from 'node:child_process';

/** Returns whether an optional program is on the PATH. */
export const isInstalled = (program: string): boolean =>
  spawnSync(program, ['--help'], { stdio: 'ignore' }).error === undefined;

/**
 * Environment of a Go program that ends soon, such as promtool and kustomize. Its garbage collections are rarer, which
 * saves a quarter of its CPU time.
 */
export const goEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, GOGC: '400' });
