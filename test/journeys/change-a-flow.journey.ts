import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseOptions, runOptions } from '../../load/options.js';
import { makeRecords } from '../../load/records/records-command.js';
import { createAccounts } from '../../load/users-command.js';
import { Deployment } from '../support/deployment.js';
import { DocumentedCommands } from '../support/documented-commands.js';
import { PageShell, type Program } from '../support/page-shell.js';
import { shownCommands, shownOutput } from '../support/transcript.js';

const FLOW = 'default-authentication-flow';
/** Smaller numbers than those of the page, so that the story takes seconds. */
const COUNTS = { '--count 2000': '--count 5', '--count 100000': '--count 300' };

/** The conditions to which the page's example of given facts refers. */
const CONDITIONS = `
version: 1
entries:
  - { model: authentik_core.group, id: staff, identifiers: { name: staff } }
  - model: authentik_policies_expression.expressionpolicy
    id: odd-hours
    identifiers: { name: odd-hours }
    attrs: { expression: return True }
  - model: authentik_stages_authenticator_validate.authenticatorvalidatestage
    id: validation
    identifiers: { name: default-authentication-mfa-validation }
    attrs: { not_configured_action: skip }
  - model: authentik_flows.flowstagebinding
    id: bound
    identifiers:
      target: !Find [authentik_flows.flow, [slug, ${FLOW}]]
      stage: !KeyOf validation
      order: 30
  - { model: authentik_policies.policybinding, identifiers: { target: !KeyOf bound, policy: !KeyOf odd-hours, order: 0 } }
  - { model: authentik_policies.policybinding, identifiers: { target: !KeyOf bound, group: !KeyOf staff, order: 1 } }
`;

describe('the story of docs/how-to/change-a-flow-safely.md', () => {
  const page = DocumentedCommands.of('docs/how-to/change-a-flow-safely.md');
  /** The options of the load test that the page starts. */
  let started: Record<string, unknown> = {};
  let deployment: Deployment;
  let shell: PageShell;
  let settings: string;
  beforeAll(async () => {
    deployment = await Deployment.open({
      blueprints: [],
      services: ['identification', 'password', 'session', 'captcha'],
    });
    const operate: Parameters<typeof PageShell.open>[0] = (name, args, input) => deployment.operate(name, args, input);
    shell = await PageShell.open(operate, {}, { load });
    settings = page.block('sh', /^export /, { 'npm start\n': '' });
    await shell.runOk('npm run blueprint -- apply blueprints');
    await shell.write('captcha.yaml', page.block('yaml', /captchastage/));
    await shell.write('skip-password.yaml', page.block('yaml', /unknown-network/));
  });
  afterAll(async () => {
    await shell?.close();
    await deployment?.close();
  });

  const load: Program = async ({ args: [first = '', ...rest], env }) => {
    const ok = (stdout: string) => ({ code: 0, stdout, stderr: '' });
    if (first === 'users') return ok((await createAccounts(rest, env)).output);
    if (first === 'records')
      return ok((await makeRecords(rest, { ...env, DATABASE_URL: deployment.databaseUrl })).output);
    started = parseOptions(runOptions, [first, ...rest], env);
    return ok('');
  };

  /** Runs the commands of blocks. Returns the outputs that are not as the page shows them. */
  async function follow(...patterns: readonly RegExp[]): Promise<readonly string[]> {
    const different: string[] = [];
    for (const { command, output } of patterns.flatMap((pattern) => shownCommands(page.block('text', pattern)))) {
      const actual = await outputOf(command);
      if (!shownOutput(output.replace('Password of test-user:\n', '')).test(actual))
        different.push(`${command}\n${actual}`);
    }
    return different;
  }

  async function outputOf(command: string): Promise<string> {
    const small = Object.entries(COUNTS).reduce((text, [from, to]) => text.replaceAll(from, to), command);
    const stdin = command.includes('--password') ? 'correct-horse-7\n' : '';
    const { stdout } = await shell.run(`${settings}${small} 2>&1 || true`, { stdin });
    return stdout.replaceAll(`${shell.folder}/`, '');
  }

  it('creates accounts and journey records, and shows where visitors stop', async () => {
    expect(await follow(/load -- users/, /flow -- funnel/)).toEqual([]);
  });

  it('shows what a change would do, creates a draft, and simulates it', async () => {
    expect(await follow(/apply --dry-run/, /apply --draft/, /simulate.* --version 2/)).toEqual([]);
    await shell.runOk('npm run blueprint -- apply --draft skip-password.yaml');
    expect(await follow(/simulate.* --version 3/, /blueprint -- check/)).toEqual([]);
  });

  it('previews the draft and runs recorded logins against it', async () => {
    expect(await follow(/flow -- preview/, /flow -- replay/)).toEqual([]);
  });

  it('starts a rollout of the draft, and a load test whose options exist', async () => {
    expect(await follow(/load -- --url/)).toEqual([]);
    expect(started).toMatchObject({ rate: 7, duration: 360_000, users: 2000, forwardedFor: true, retryFor: 300_000 });
    const [share] = shownCommands(page.block('text', /--percent 10/));
    expect(await outputOf(share!.command)).toMatch(shownOutput(share!.output));
    expect(await shell.runOk(`npm run flow -- rollout ${FLOW}`)).toContain(
      'version 2 of default-authentication-flow gets 10 %',
    );
    await shell.runOk(`npm run flow -- rollback ${FLOW}`);
  });

  it('publishes the draft for everybody, rolls it back, and applies the file', async () => {
    expect(await follow(/publish default-authentication-flow 2 --reason/, /flow -- rollback/)).toEqual([]);
    expect(await shell.runOk(page.block('sh', /apply captcha.yaml/))).toContain('created');
  });

  it('shows facts for a simulation and a shadow condition, which the commands accept', async () => {
    await shell.write('conditions.yaml', CONDITIONS);
    await shell.runOk('npm run blueprint -- apply conditions.yaml');
    await shell.write('given.yaml', page.block('yaml', /^visitor:/));
    expect(await shell.runOk(`npm run flow -- simulate ${FLOW} --given given.yaml`)).toContain('paths');

    const condition = page.block('yaml', /shadow: true/);
    const policy = 'model: authentik_policies_expression.expressionpolicy';
    await shell.write(
      'shadow.yaml',
      [
        'version: 1',
        'entries:',
        '  - { model: authentik_flows.flow, id: login, identifiers: { slug: shadowed }, attrs: { name: a, title: a, designation: authentication } }',
        `  - { ${policy}, id: office-hours, identifiers: { name: office-hours }, attrs: { expression: return True } }`,
        condition.replaceAll(/^/gm, '  '),
      ].join('\n'),
    );
    expect(await shell.runOk('npm run blueprint -- apply shadow.yaml')).toContain('created');
  });
});
