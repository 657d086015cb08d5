// `npm run <command>`: runs a command of apps/cli, in a fresh clone too.
import { spawnSync } from 'node:child_process';
import { prepare } from './prepare.mjs';

const [command, ...args] = process.argv.slice(2);
prepare();
const { status } = spawnSync(process.execPath, ['--enable-source-maps', `dist/apps/cli/src/${command}.js`, ...args], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
