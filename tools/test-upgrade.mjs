/**
 * `npm run test:upgrade`: upgrades a deployment of an older commit to the working tree and rolls it back, while users log
 * in (test/upgrades). The older commit is UPGRADE_FROM, by default the last one before upgrades were tested. Builds it
 * from the history of this repository, once, in the folder for temporary files. Needs `nats-server`. Prints one line and
 * succeeds where the server or the history is missing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { prepare } from './prepare.mjs';

const from = process.env.UPGRADE_FROM || 'b23c727d';
const path = [process.env.PATH, '/usr/local/sbin', '/usr/sbin'].join(delimiter);
const natsServer =
  process.env.NATS_SERVER ||
  path
    .split(delimiter)
    .map((folder) => join(folder, 'nats-server'))
    .find((file) => existsSync(file));
const commit = spawnSync('git', ['rev-parse', '--verify', '--quiet', `${from}^{commit}`], { encoding: 'utf8' });

if (!natsServer) console.log('SKIPPED: nats-server is not installed');
else if (commit.status !== 0) console.log(`SKIPPED: the history of this repository has no commit ${from}`);
else {
  prepare();
  const folder = buildOf(commit.stdout.trim());
  const env = { ...process.env, PATH: path, NATS_SERVER: natsServer, UPGRADE_FROM_FOLDER: folder };
  const args = ['vitest', 'run', '--config', 'test/upgrades/vitest.config.ts', '--reporter=verbose'];
  process.exitCode = spawnSync('npx', [...args, ...process.argv.slice(2)], { env, stdio: 'inherit' }).status ?? 1;
}

/** Returns the folder of the built commit. */
function buildOf(sha) {
  const folder = join(tmpdir(), `gatehouse-${sha}`);
  if (existsSync(folder)) return folder;
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial);
  const options = { cwd: partial, stdio: 'inherit' };
  spawnSync('sh', ['-c', `git -C "$1" archive ${sha} | tar -x`, 'sh', process.cwd()], options);
  for (const [command, ...args] of [
    ['npm', 'ci', '--no-audit', '--no-fund'],
    [process.execPath, 'tools/build.mjs'],
  ]) {
    const { status } = spawnSync(command, args, options);
    if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed for ${sha}`);
  }
  renameSync(partial, folder);
  return folder;
}
