import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseKill, readKills } from '../../load/kills.js';
import { parseOptions, runOptions } from '../../load/options.js';
import { parseScenario } from '../../load/scenario.js';
import { createAccounts } from '../../load/users-command.js';
import { runCli } from '../support/commands.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { PageShell, type Program } from '../support/page-shell.js';
import { type FreshDatabase, migratedDatabase } from '../support/postgres.js';

const ACCOUNTS = 3;

describe('the page measure-the-load.md', () => {
  const page = DocumentedCommands.of('docs/how-to/measure-the-load.md');
  /** The parsed options of each load test that a command of the page started. */
  const started: Record<string, unknown>[] = [];
  let database: FreshDatabase;
  let shell: PageShell;
  beforeAll(async () => {
    database = await migratedDatabase();
    const keys = { MFA_SEAL_KEYS: `test:${Buffer.alloc(32, 1).toString('base64')}` };
    shell = await PageShell.open(
      (name, args, { env, stdin }) =>
        runCli(name, args, { env: { DATABASE_URL: database.url, ...keys, ...env }, stdin }),
      {},
      { load },
    );
  });
  afterAll(async () => {
    await shell?.close();
    await database?.drop();
  });

  const load: Program = async ({ args: [first = '', ...rest], env }) => {
    if (first === 'users') return { code: 0, stdout: (await createAccounts(rest, env)).output, stderr: '' };
    started.push(parseOptions(runOptions, [first, ...rest], { LOAD_SEED: 'a seed of this test' }));
    return { code: 0, stdout: '', stderr: '' };
  };

  it('has commands that create accounts and import them with their second factors', async () => {
    const script = page.block('sh', /load -- users/, { '--count 1000': `--count ${ACCOUNTS}` });
    expect(await shell.runOk(script)).toMatch(
      new RegExp(`${ACCOUNTS} users and 0 groups imported[^]*${ACCOUNTS} devices \\(${ACCOUNTS} totp\\) imported`),
    );
  });

  it('has commands that start load tests with valid options', async () => {
    for (const pattern of [/--ramp/, /--find-limit/, /--kill/]) await shell.runOk(page.block('sh', pattern));
    await shell.runOk(page.block('sh', /--visitors/, { '--url …': '--url https://login.example.org' }));
    const [load, limit, kills, repeated] = started;
    expect(load).toMatchObject({ rate: 50, duration: 300_000, ramp: 30_000, users: 1000 });
    expect(limit).toMatchObject({ findLimit: true, maxErrors: 0.01, maxP95: 500 });
    const commands = kills?.['kill'] as string[] | undefined;
    expect(commands?.map(parseKill)).toMatchObject([{ at: 60_000 }, { at: 90_000 }]);
    expect(repeated).toMatchObject({ scenario: 'login', visitors: 10, users: 1 });
  });

  it('has a list of kill commands and a scenario that can be parsed', async () => {
    const file = join(shell.folder, 'kills.yaml');
    await writeFile(file, page.block('yaml', /^- \{ at/));
    expect(await readKills(file)).toMatchObject([{ at: 60_000 }, { at: 90_000 }]);
    expect(parseScenario(page.block('yaml', /^description:/), 'mine')).toMatchObject({ flow: 'my-flow' });
    expect(await readFile('docs/reference/load.md', 'utf8')).toContain('--kills');
  });
});
