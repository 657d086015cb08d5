import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OPERATOR_COMMANDS } from '../support/commands.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-usage-'));
  await writeFile(join(folder, 'page.js'), 'export {}\n');
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs the program of an npm script in the folder. Returns its exit code, and what it prints. */
function run(script: string, ...args: string[]) {
  return new Promise<{ code: unknown; output: string; errors: string }>((done) => {
    execFile(process.execPath, [resolve(`tools/${script}.mjs`), ...args], { cwd: folder }, (error, output, errors) =>
      done({ code: error?.code ?? 0, output, errors }),
    );
  });
}

const SCRIPTS = [
  ...['deploy-env', 'deploy-hosts', 'deploy', 'deploy-stage', 'sign-stage-page', 'load', 'bench', 'pages', 'release'],
  ...['packages', 'publish-packages', 'new-stage'],
];

/** Options in the place of an argument, where a command could take them for the name of a file. */
const MISPLACED: [script: string, ...args: string[]][] = [
  ['deploy-env', '--dry-run'],
  ['deploy-env', '-'],
  ['deploy-env', 'secrets.env', 'more.env'],
  ['deploy-hosts', '.', '--dry-run'],
  ['deploy', 'roll', '--no-build'],
  ['deploy-stage', 'x_acme_terms', '--dry-run'],
  ['sign-stage-page', 'x_acme_map', 'page.js', '--key'],
  ['bench', '--user', '10000'],
  ['pages', '--screenshot', 'pictures'],
  ['release', '--dryrun'],
  ['packages', '--output', 'out'],
  ['publish-packages', '--dryrun'],
];

describe('a command', () => {
  it.each(SCRIPTS)('prints its usage for --help and -h, and writes nothing: tools/%s.mjs', async (script) => {
    for (const args of [['--help'], ['-h'], ['x_acme_map', 'page.js', '--help']]) {
      const usage = expect.stringMatching(/usage: npm run [a-z:]+/i);
      expect(await run(script, ...args)).toEqual({ code: 0, output: usage, errors: '' });
    }
    expect(await readdir(folder)).toEqual(['page.js']);
  });

  it.each(MISPLACED)('refuses an option that it does not have: tools/%s.mjs %s', async (script, ...args) => {
    const { code, errors } = await run(script, ...args);
    expect([code, errors]).toEqual([1, expect.stringMatching(/usage: npm run [a-z:]+/i)]);
    expect(await readdir(folder)).toEqual(['page.js']);
  });

  it.each(OPERATOR_COMMANDS)(
    'of operators is built, and its usage names the npm script that runs it: %s',
    async (name) => {
      const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: Record<string, string> };
      const script = Object.keys(scripts).find((key) => scripts[key] === `node tools/run.mjs ${name}`);
      const { stdout } = await promisify(execFile)(process.execPath, [`dist/apps/cli/src/${name}.js`, '--help']);
      expect(stdout).toMatch(new RegExp(`^usage: npm run ${script}\\s`));
    },
  );
});
