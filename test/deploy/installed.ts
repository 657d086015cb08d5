import { spawnSync } from 'node:child_process';

/** Whether a program that only some machines have is on the PATH. */
export const isInstalled = (program: string): boolean =>
  spawnSync(program, ['--help'], { stdio: 'ignore' }).error === undefined;
