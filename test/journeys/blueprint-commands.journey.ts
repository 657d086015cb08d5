import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD } from '../support/blueprints.js';
import { runCli } from '../support/commands.js';
import type { Deployment } from '../support/deployment.js';
import { type FreshDatabase, migratedDatabase } from '../support/postgres.js';
import { recordedEvents } from '../support/recorded-events.js';

let folder: string;
let database: FreshDatabase;
let otherDatabase: FreshDatabase;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-blueprints-'));
  [database, otherDatabase] = await Promise.all([migratedDatabase(), migratedDatabase()]);
});
afterAll(async () => {
  await Promise.all([database?.drop(), otherDatabase?.drop()]);
  await rm(folder, { recursive: true });
});

/** Runs `npm run blueprint` and returns its exit code and output. */
async function blueprintCommand(args: readonly string[], url?: string, sealing: Readonly<Record<string, string>> = {}) {
  const database = url === undefined ? {} : { DATABASE_URL: url };
  const env = { GATEHOUSE_DIR: folder, BLUEPRINTS_DIR: folder, ...database, ...sealing };
  const { code, stdout, stderr } = await runCli('blueprint', args, { env });
  return { code, output: stdout + stderr };
}

async function write(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}
const login = () => write('login.yaml', blueprint(flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN])));
const HASH = 'pbkdf2_sha256$870000$c2FsdA$cD4u1R0fTqQGzTgKc2pq4lTpfB3vzgTzyiDCjJ8mWkU='; // not-a-secret
const role = { model: 'authentik_rbac.role', id: 'readers', identifiers: { name: 'Readers' } };

describe('npm run blueprint', () => {
  it('apply reports applied and skipped entries, and changes nothing when it applies the same files again', async () => {
    const files = [await login(), await write('role.json', blueprint(role))];
    const first = await blueprintCommand(['apply', ...files], database.url);
    expect(first).toEqual({ code: 0, output: expect.stringContaining('published login (version 1)') });
    expect(first.output).toContain('skipped authentik_rbac.role readers: Gatehouse does not support this model');
    const second = await blueprintCommand(['apply', ...files], database.url);
    expect(second).toEqual({
      code: 0,
      output: expect.stringMatching(/login\.yaml: 7 unchanged\n(.*\n)*nothing changed\ndatabase: [^:/ ]+:\d+\/\w+\n$/),
    });
  });

  it('apply --strict fails on a skipped entry', async () => {
    const file = await write('role.json', blueprint(role));
    expect(await blueprintCommand(['apply', '--strict', file], database.url)).toEqual({
      code: 1,
      output: expect.stringContaining('authentik_rbac.role is not a supported model'),
    });
  });

  it('apply, diff and check refuse an unknown field, and ignore it with --lenient or BLUEPRINTS_LENIENT', async () => {
    const dummy = {
      model: 'authentik_stages_dummy.dummystage',
      identifiers: { name: 'd' },
      attrs: { throw_eror: true },
    };
    const file = await write('misspelt.json', blueprint(dummy));
    const ignored = 'the model has no field throw_eror; it is ignored';
    for (const command of ['apply', 'diff', 'check'])
      expect(await blueprintCommand([command, file], database.url)).toEqual({
        code: 1,
        output: expect.stringContaining('the model has no field throw_eror. Did you mean throw_error?'),
      });
    for (const command of ['apply', 'diff', 'update', 'check'])
      expect((await blueprintCommand([command, '--lenient', file], database.url)).code).toBe(0);
    const setting = { BLUEPRINTS_LENIENT: 'true' };
    expect(await blueprintCommand(['apply', file], database.url, setting)).toEqual({
      code: 0,
      output: expect.stringContaining(ignored),
    });
    expect((await blueprintCommand(['apply', '--strict', '--lenient', file], database.url)).code).toBe(1);
  });

  it('schema prints or writes the JSON Schema of blueprints', async () => {
    const { output } = await blueprintCommand(['schema']);
    const file = join(folder, 'schema.txt');
    expect((await blueprintCommand(['schema', '--output', file])).code).toBe(0);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(JSON.parse(output));
    expect(await blueprintCommand(['schema', '--fast'])).toEqual({
      code: 1,
      output: expect.stringContaining("'--fast'"),
    });
  });

  it('prints its usage on invalid arguments', async () => {
    expect(await blueprintCommand(['apply'])).toEqual({ code: 1, output: expect.stringContaining('usage: npm run') });
    expect(await blueprintCommand(['check', '--fast', 'x'])).toEqual({
      code: 1,
      output: expect.stringContaining("'--fast'"),
    });
  });
});

describe('the audit event of npm run blueprint', () => {
  const sealing = { SEAL_KEYS: `k:${randomBytes(32).toString('base64')}` };
  const deny = (text: string) =>
    write(
      'deny.yaml',
      blueprint({
        model: 'authentik_stages_deny.denystage',
        identifiers: { name: 'no' },
        attrs: { deny_message: text },
      }),
    );
  const events = async (action: string) => {
    const pool = new pg.Pool({ connectionString: database.url, max: 1 });
    try {
      const rows = async (sql: string) => (await pool.query(sql)).rows;
      return await recordedEvents({ rows: rows as Deployment['rows'], sealing }, action);
    } finally {
      await pool.end();
    }
  };

  it('is written once for a run with changes, and names the files, their digests and the published flows', async () => {
    const flow = await write('audited.yaml', blueprint(flowEntries('audited', [IDENTIFICATION, PASSWORD, LOGIN])));
    const files = [flow, await deny('secret words')];
    await blueprintCommand(['apply', ...files], database.url, sealing);
    await blueprintCommand(['apply', ...files], database.url, sealing);
    await blueprintCommand(['diff', await deny('other words')], database.url, sealing);
    const recorded = await events('blueprint_applied');
    expect(recorded.map(({ data }) => data)).toMatchObject([
      {
        ...{ actor: { type: 'system', command: 'blueprint apply' }, user: null },
        context: {
          ...{ created: 8, changed: 0, deleted: 0, flows: [{ slug: 'audited', version: 1 }] },
          files: files.map((name) => ({ name, digest: expect.stringMatching(/^[0-9a-f]{64}$/) })),
        },
      },
    ]);
    expect(JSON.stringify(recorded)).not.toContain('words');
  });

  it('is not written without SEAL_KEYS, and a warning says so', async () => {
    expect(await blueprintCommand(['apply', await deny('third words')], database.url)).toEqual({
      code: 0,
      output: expect.stringMatching(/1 changed[^]*warning: no audit event of this command was written/),
    });
  });
});

describe('npm run blueprint -- export', () => {
  it('exports a flow that round-trips byte for byte through another database', async () => {
    await blueprintCommand(['apply', await login()], database.url);
    const file = join(folder, 'exported.yaml');
    expect(await blueprintCommand(['export', '--output', file, 'login'], database.url)).toEqual({
      code: 0,
      output: `wrote ${file}\n`,
    });
    expect(await blueprintCommand(['apply', file], otherDatabase.url)).toMatchObject({ code: 0 });
    const { output } = await blueprintCommand(['export', 'login'], otherDatabase.url);
    expect(output).toBe(await readFile(file, 'utf8'));
  });

  it('fails for an unknown flow', async () => {
    expect(await blueprintCommand(['export', 'nowhere'], database.url)).toEqual({
      code: 1,
      output: 'blueprint: there is no flow with the slug nowhere\n',
    });
  });
});

describe('npm run blueprint -- check', () => {
  it('accepts a login that requires a password, without a database', async () => {
    expect(await blueprintCommand(['check', await login()])).toEqual({ code: 0, output: '0 errors, 0 warnings\n' });
  });

  it('fails on a login without a password and on invalid Python', async () => {
    const open = flowEntries('open', [IDENTIFICATION, LOGIN]);
    const expression = { expression: 'if True\n  return 1' };
    const model = 'authentik_policies_expression.expressionpolicy';
    const file = await write('bad.yaml', blueprint(open, { model, identifiers: { name: 'typo' }, attrs: expression }));
    const { code, output } = await blueprintCommand(['check', '--json', file]);
    expect(code).toBe(1);
    expect(JSON.parse(output)).toEqual([
      expect.objectContaining({ file, rule: 'login-without-credential', severity: 'error' }),
      expect.objectContaining({ file, rule: 'bad-expression', text: expect.stringContaining('line 1, column') }),
    ]);
  });

  it('refuses a password hash that a login cannot check, as apply does', async () => {
    const user = (hash: string) =>
      blueprint({
        model: 'authentik_core.user',
        identifiers: { username: 'u' },
        attrs: { name: 'U', password_hash: hash },
      });
    const refusal = { code: 1, output: expect.stringContaining('password_hash: Invalid password hash format.') };
    const bad = await write('hash.yaml', user('md5$a$b'));
    expect(await blueprintCommand(['check', bad])).toEqual(refusal);
    expect(await blueprintCommand(['apply', bad], database.url)).toEqual(refusal);
    const good = await write('hash.yaml', user(HASH));
    expect(await blueprintCommand(['check', good])).toEqual({ code: 0, output: '0 errors, 0 warnings\n' });
  });

  it('prints warnings and exits with 0', async () => {
    const output = expect.stringMatching(/role\.json:\d+: warning: left-out: .*\n0 errors, 1 warning\n$/);
    expect(await blueprintCommand(['check', await write('role.json', blueprint(role))])).toEqual({ code: 0, output });
  });
});
