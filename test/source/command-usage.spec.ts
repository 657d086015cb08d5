import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
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

/** Runs the built commands of operators with `--help`, all in one process, which loads what they share once. */
async function operatorUsages(): Promise<string[]> {
  const built = OPERATOR_COMMANDS.map((name) => pathToFileURL(resolve(`dist/apps/cli/src/${name}.js`)).href);
  const program = `for (const path of ${JSON.stringify(built)}) { await import(path); console.log('\\0'); }`;
  const args = ['--input-type=module', '--eval', program, 'operators', '--help'];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return stdout.split('\0\n').slice(0, -1);
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
  it.each(SCRIPTS)(
    'prints its usage for --help after other arguments, and writes nothing: tools/%s.mjs',
    async (script) => {
      const usage = expect.stringMatching(/usage: npm run [a-z:]+/i);
      expect(await run(script, 'x_acme_map', 'page.js', '--help')).toEqual({ code: 0, output: usage, errors: '' });
      expect(await readdir(folder)).toEqual(['page.js']);
    },
  );

  it.each(['--help', '-h'])('prints its usage for %s alone: tools/packages.mjs', async (option) => {
    const usage = expect.stringMatching(/^usage: npm run packages /);
    expect(await run('packages', option)).toEqual({ code: 0, output: usage, errors: '' });
  });

  it.each(SCRIPTS)('looks for --help and unknown options by the same function: tools/%s.mjs', async (script) => {
    expect(await readFile(`tools/${script}.mjs`, 'utf8')).toMatch(/^endWithUsage\(/m);
  });

  it.each(MISPLACED)('refuses an option that it does not have: tools/%s.mjs %s', async (script, ...args) => {
    const { code, errors } = await run(script, ...args);
    expect([code, errors]).toEqual([1, expect.stringMatching(/usage: npm run [a-z:]+/i)]);
    expect(await readdir(folder)).toEqual(['page.js']);
  });

  it('of operators is built, and its usage names the npm script that runs it', async () => {
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: Record<string, string> };
    const scriptOf = (name: string) =>
      Object.keys(scripts).find((key) => scripts[key] === `node tools/run.mjs ${name}`);
    const usages = await operatorUsages();
    expect(usages).toHaveLength(OPERATOR_COMMANDS.length);
    for (const [i, name] of OPERATOR_COMMANDS.entries())
      expect(usages[i]).toMatch(new RegExp(`^usage: npm run ${scriptOf(name)}\\s`));
  });
});
