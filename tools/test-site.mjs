/**
 * `npm run test:site` builds the documentation site and uses it in Chromium: search, diagrams, dark mode, keyboard and the
 * width of a phone (test/site). Needs the packages of `site/`, which it installs, and Chromium.
 */
import { spawnSync } from 'node:child_process';
import { installIfNeeded } from './install.mjs';

installIfNeeded();
const run = (program, ...args) =>
  spawnSync(program, args, { stdio: 'inherit', env: { ...process.env, CI: '1' } }).status ?? 1;
process.exitCode =
  run(process.execPath, 'tools/docs-site.mjs') ||
  run('npx', 'vitest', 'run', '--config', 'test/site/vitest.config.ts', '--reporter=verbose', ...process.argv.slice(2));
