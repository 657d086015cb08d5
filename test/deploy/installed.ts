import { spawnSync } from 'node:child_process';

/** Returns whether an optional program is on the PATH. */
export const isInstalled = (program: string): boolean =>
  spawnSync(program, ['--help'], { stdio: 'ignore' }).error === undefined;
