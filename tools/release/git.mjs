import { spawnSync } from 'node:child_process';

/** Returns the output of a Git command, without the last newline. Throws with its error output when it fails. */
export function git(...args) {
  const { status, stdout, stderr, error } = spawnSync('git', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`git ${args.join(' ')} failed: ${error?.message ?? stderr}`);
  return stdout.trimEnd();
}

/** Returns the address of the remote `origin` without a user name and a password. Without a remote, `git+local`. */
export function repositoryUrl() {
  const { status, stdout } = spawnSync('git', ['remote', 'get-url', 'origin'], { encoding: 'utf8' });
  return status === 0 ? `git+${stdout.trim().replace(/\/\/[^/@]*@/, '//')}` : 'git+local';
}
