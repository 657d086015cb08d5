/**
 * `npm run test:new-stage` makes one stage of each form in a checkout of the last commit. There it runs all checks, with
 * the types, and the tests that a stage can break. `npm test` has a short form (test/source/new-stage.spec.ts).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const SUITES = [
  ...['libs/stages/src/catalogue.spec.ts', 'libs/stages/src/new-question', 'libs/stages/src/new-message'],
  ...['apps/gateway/src/http/openapi', 'apps/web', 'packages', 'test/deploy/nats-permissions.spec.ts', 'test/pages'],
  ...[
    'test/source/references.spec.ts',
    'test/source/stages',
    'test/services/check-stage.service.spec.ts',
    'test/texts',
  ],
];

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-new-stage-'));
run('.', 'git', 'worktree', 'add', '--detach', '--force', folder);
try {
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  run(folder, 'node', 'tools/new-stage.mjs', 'new-question');
  run(folder, 'node', 'tools/new-stage.mjs', 'new-message', '--no-page', '--service', 'enrollment');
  run(folder, 'node', 'tools/build.mjs');
  run(folder, 'node', 'tools/check.mjs');
  run(folder, 'node', 'node_modules/vitest/vitest.mjs', 'run', ...SUITES);
} finally {
  run('.', 'git', 'worktree', 'remove', '--force', folder);
}

/** Runs a program in a folder. Throws if it fails. */
function run(cwd, program, ...args) {
  const { status } = spawnSync(program, args, { cwd, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed`);
}
