import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD } from '../support/blueprints.js';
import { runCli } from '../support/commands.js';
import { type FreshDatabase, migratedDatabase } from '../support/postgres.js';

let folder: string;
let here: FreshDatabase;
let there: FreshDatabase;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-blueprints-'));
  [here, there] = await Promise.all([migratedDatabase(), migratedDatabase()]);
});
afterAll(async () => {
  await Promise.all([here?.drop(), there?.drop()]);
  await rm(folder, { recursive: true });
});

/** Runs `npm run blueprint` and returns its exit code with what it wrote. */
async function blueprintCommand(args: readonly string[], url?: string) {
  const env = { GATEHOUSE_DIR: folder, BLUEPRINTS_DIR: folder, ...(url === undefined ? {} : { DATABASE_URL: url }) };
  const { code, stdout, stderr } = await runCli('blueprint', args, { env });
  return { code, said: stdout + stderr };
}

async function write(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}
const login = () => write('login.yaml', blueprint(flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN])));
const role = { model: 'authentik_rbac.role', id: 'readers', identifiers: { name: 'Readers' } };

describe('npm run blueprint -- apply', () => {
  it('says what it did, what it left out, and that it did nothing the second time', async () => {
    const files = [await login(), await write('role.json', blueprint(role))];
    const first = await blueprintCommand(['apply', ...files], here.url);
    expect(first).toEqual({ code: 0, said: expect.stringContaining('published login (version 1)') });
    expect(first.said).toContain('skipped authentik_rbac.role readers: Gatehouse does not support this model');
    const again = await blueprintCommand(['apply', ...files], here.url);
    expect(again).toEqual({
      code: 0,
      said: expect.stringMatching(/login\.yaml: 7 unchanged\n(.*\n)*nothing changed\n$/),
    });
  });

  it('refuses to leave anything out when it is to be strict', async () => {
    const file = await write('role.json', blueprint(role));
    expect(await blueprintCommand(['apply', '--strict', file], here.url)).toEqual({
      code: 1,
      said: expect.stringContaining('authentik_rbac.role is not a supported model'),
    });
  });

  it('says how it is used, to whoever uses it otherwise', async () => {
    expect(await blueprintCommand(['apply'])).toEqual({ code: 1, said: expect.stringContaining('usage: npm run') });
    expect(await blueprintCommand(['check', '--fast', 'x'])).toEqual({
      code: 1,
      said: expect.stringContaining("'--fast'"),
    });
  });
});

describe('npm run blueprint -- export', () => {
  it('writes a flow that is the same elsewhere, to the byte', async () => {
    await blueprintCommand(['apply', await login()], here.url);
    const file = join(folder, 'exported.yaml');
    expect(await blueprintCommand(['export', '--output', file, 'login'], here.url)).toEqual({
      code: 0,
      said: `wrote ${file}\n`,
    });
    expect(await blueprintCommand(['apply', file], there.url)).toMatchObject({ code: 0 });
    const { said } = await blueprintCommand(['export', 'login'], there.url);
    expect(said).toBe(await readFile(file, 'utf8'));
  });

  it('says so when there is no such flow', async () => {
    expect(await blueprintCommand(['export', 'nowhere'], here.url)).toEqual({
      code: 1,
      said: 'blueprint: there is no flow with the slug nowhere\n',
    });
  });
});

describe('npm run blueprint -- check', () => {
  it('is content with a login that asks for a password, without any database', async () => {
    expect(await blueprintCommand(['check', await login()])).toEqual({ code: 0, said: '0 errors, 0 warnings\n' });
  });

  it('finds a login without one and Python that is none, and fails', async () => {
    const open = flowEntries('open', [IDENTIFICATION, LOGIN]);
    const expression = { expression: 'if True\n  return 1' };
    const model = 'authentik_policies_expression.expressionpolicy';
    const file = await write('bad.yaml', blueprint(open, { model, identifiers: { name: 'typo' }, attrs: expression }));
    const { code, said } = await blueprintCommand(['check', '--json', file]);
    expect(code).toBe(1);
    expect(JSON.parse(said)).toEqual([
      expect.objectContaining({ file, rule: 'login-without-credential', severity: 'error' }),
      expect.objectContaining({ file, rule: 'bad-expression', text: expect.stringContaining('line 1, column') }),
    ]);
  });

  it('goes on about warnings and does not fail for them', async () => {
    const said = expect.stringMatching(/role\.json:\d+: warning: left-out: .*\n0 errors, 1 warning\n$/);
    expect(await blueprintCommand(['check', await write('role.json', blueprint(role))])).toEqual({ code: 0, said });
  });
});
