import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flowDatabase } from '@gatehouse/executor-postgres/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli, runCliOk } from '../../../../test/support/commands.js';

const BLUEPRINT = `
entries:
- {model: authentik_core.group, id: staff, identifiers: {name: staff}}
- {model: authentik_flows.flow, id: flow, identifiers: {slug: lax}, attrs: {name: L, title: L, designation: authentication, authentication: none}}
- {model: authentik_stages_identification.identificationstage, id: who, identifiers: {name: who}, attrs: {user_fields: [username]}}
- {model: authentik_stages_password.passwordstage, id: word, identifiers: {name: word}, attrs: {backends: [authentik.core.auth.InbuiltBackend]}}
- {model: authentik_stages_authenticator_validate.authenticatorvalidatestage, id: mfa, identifiers: {name: mfa}, attrs: {not_configured_action: skip, device_classes: [totp]}}
- {model: authentik_stages_user_login.userloginstage, id: login, identifiers: {name: login}}
- {model: authentik_policies_dummy.dummypolicy, id: dummy, identifiers: {name: odd-hours}, attrs: {result: true}}
- {model: authentik_flows.flowstagebinding, identifiers: {target: !KeyOf flow, stage: !KeyOf who, order: 0}}
- {model: authentik_flows.flowstagebinding, id: two, identifiers: {target: !KeyOf flow, stage: !KeyOf word, order: 1}}
- {model: authentik_flows.flowstagebinding, id: three, identifiers: {target: !KeyOf flow, stage: !KeyOf mfa, order: 2}}
- {model: authentik_flows.flowstagebinding, identifiers: {target: !KeyOf flow, stage: !KeyOf login, order: 3}}
- {model: authentik_policies.policybinding, identifiers: {target: !KeyOf two, policy: !KeyOf dummy, order: 0}}
- {model: authentik_policies.policybinding, identifiers: {target: !KeyOf three, group: !KeyOf staff, order: 0}}
`;

let database: Awaited<ReturnType<typeof flowDatabase>>;
let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  [database, folder] = await Promise.all([flowDatabase(), mkdtemp(join(tmpdir(), 'gatehouse-simulate-'))]);
  env = { DATABASE_URL: database.url };
  await runCliOk('blueprint', ['apply', await file('lax.yaml', BLUEPRINT)], { env });
  await database.source.query(`INSERT INTO directory.users (username) VALUES ('ann'), ('bob')`);
  await database.source.query(
    `INSERT INTO directory.user_groups (user_id, group_id) SELECT u.id, g.id FROM directory.users u, directory.groups g
     WHERE u.username = 'ann' AND g.name = 'staff'`,
  );
  await database.source.query(
    `INSERT INTO mfa.devices (id, user_id, kind, name) SELECT gen_random_uuid(), id, 'totp', 'x' FROM directory.users
     WHERE username = 'ann'`,
  );
});
afterAll(() => Promise.all([database?.close(), rm(folder, { recursive: true })]));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const simulate = (...args: string[]) => runCli('flow', ['simulate', ...args], { env });
const pathsOf = (text: string) => text.split('\n').filter((line) => /^ +\d+ {2}/.test(line));

describe('npm run flow -- simulate', () => {
  it('lists the paths with their conditions and ends, and the findings', async () => {
    const { code, stdout } = await simulate('lax');
    expect(code).toBe(0);
    expect(stdout).toContain(
      '[anonymous] → who → [policy odd-hours: pass] → word → [in the group staff] → mfa → login → done, logged in with a first and a second factor',
    );
    expect(stdout).toContain('the stage login logs users in without any factor (anonymous; policy odd-hours: fail;');
    expect(stdout).toContain('the stage login logs users in without the second factor that other paths ask for');
    expect(stdout).toMatch(/^Asks again: .*who/m);
  });

  it('lists a login without a factor again under `While policies cannot decide` only if an undecided policy permits the login too', async () => {
    const open = BLUEPRINT.replace('slug: lax', 'slug: open').replace(/^.*stage: !KeyOf (word|mfa).*\n/gm, '');
    const blueprint = open.replace(/^.*policybinding.*\n/gm, '');
    await runCliOk('blueprint', ['apply', await file('open.yaml', blueprint)], { env });
    const { stdout } = await simulate('open');
    expect(stdout.match(/logs users in without any factor/g)).toHaveLength(1);
    const guard =
      '- {model: authentik_policies.policybinding, identifiers: {target: !KeyOf flow, policy: !KeyOf dummy, order: 0}, attrs: {failure_result: true}}\n';
    await runCliOk('blueprint', ['apply', await file('open.yaml', blueprint + guard)], { env });
    const inBoth = await simulate('open');
    expect(inBoth.stdout).toMatch(/^the stage login .*policy odd-hours: pass/m);
    expect(inBoth.stdout).toMatch(/^While policies cannot decide: the stage login .*policy odd-hours: undecided/m);
  });

  it('fails on findings that --fail-on names', async () => {
    expect((await simulate('lax', '--fail-on', 'login-without-factor')).code).toBe(1);
    expect((await simulate('lax', '--fail-on', 'dead-end')).code).toBe(0);
  });

  it('says that it does not know what a policy does to the plan', async () => {
    const before = (await simulate('lax')).stdout;
    expect(before).not.toContain('may set facts');
    expect((await simulate('lax', '--fail-on', 'incomplete')).code).toBe(0);
    const changing = `
- {model: authentik_policies_expression.expressionpolicy, id: sets, identifiers: {name: sets-title}, attrs: {expression: 'context["flow_plan"].context["title"] = "x"'}}
- {model: authentik_policies.policybinding, identifiers: {target: !KeyOf three, policy: !KeyOf sets, order: 1}}
`;
    const blueprint = BLUEPRINT.replace('slug: lax', 'slug: changing') + changing;
    await runCliOk('blueprint', ['apply', await file('changing.yaml', blueprint)], { env });
    const { code, stdout } = await simulate('changing', '--fail-on', 'incomplete');
    expect(stdout).toContain(
      'The policy sets-title may set facts or insert steps, which is not simulated: paths with it may go on otherwise',
    );
    expect(code).toBe(1);
  });

  it('uses the groups and devices of the given user', async () => {
    const ends = async (name: string) => {
      const given = await file('given.yaml', 'visitor: anonymous\npolicies: {odd-hours: pass}\n');
      const { stdout } = await simulate('lax', '--as', name, '--given', given);
      return pathsOf(stdout).map((line) => line.split(' → ').at(-1));
    };
    expect(await ends('ann')).toEqual(['done, logged in with a first and a second factor']);
    expect(await ends('bob')).toEqual(['done, logged in with a first factor']);
  });

  it('lets every user pass identification by name and password, and by a passkey only a user who has one', async () => {
    const blueprint = `
entries:
- {model: authentik_flows.flow, id: flow, identifiers: {slug: passkey}, attrs: {name: P, title: P, designation: authentication}}
- {model: authentik_stages_password.passwordstage, id: word, identifiers: {name: passkey-word}, attrs: {backends: [authentik.core.auth.InbuiltBackend]}}
- {model: authentik_stages_authenticator_validate.authenticatorvalidatestage, id: key, identifiers: {name: passkey-key}, attrs: {not_configured_action: deny, device_classes: [webauthn]}}
- {model: authentik_stages_identification.identificationstage, id: who, identifiers: {name: passkey-who}, attrs: {user_fields: [username], password_stage: !KeyOf word, webauthn_stage: !KeyOf key}}
- {model: authentik_stages_user_login.userloginstage, id: login, identifiers: {name: passkey-login}}
- {model: authentik_flows.flowstagebinding, identifiers: {target: !KeyOf flow, stage: !KeyOf who, order: 0}}
- {model: authentik_flows.flowstagebinding, identifiers: {target: !KeyOf flow, stage: !KeyOf login, order: 1}}
`;
    const line = { ...env, API_VERSION: '2026.8' };
    await runCliOk('blueprint', ['apply', await file('passkey.yaml', blueprint)], { env: line });
    await database.source.query(`INSERT INTO directory.users (username) VALUES ('kim')`);
    await database.source.query(
      `INSERT INTO mfa.devices (id, user_id, kind, name) SELECT gen_random_uuid(), id, 'webauthn', 'x'
       FROM directory.users WHERE username = 'kim'`,
    );
    const given = await file('anonymous.yaml', 'visitor: anonymous\n');
    const ways = async (name: string) => {
      const { stdout } = await runCli('flow', ['simulate', 'passkey', '--as', name, '--given', given], { env: line });
      return pathsOf(stdout).map((path) => path.split(' → ')[1]);
    };
    const [byPassword, byKey] = ['passkey-who', 'passkey-who: passed by authenticator_validate'];
    expect(await ways('bob')).toEqual([byPassword]);
    expect(await ways('ann')).toEqual([byPassword]);
    expect(await ways('kim')).toEqual([byPassword, byKey]);
  });

  it('finds no path on which a locked user logs in', async () => {
    await database.source.query(`INSERT INTO directory.users (username, is_active) VALUES ('eve', false)`);
    expect(pathsOf((await simulate('lax', '--as', 'eve')).stdout).join()).not.toContain('logged in with');
  });

  it('fixes the results of policies, memberships and outcomes that a file gives', async () => {
    const given = await file(
      'facts.yaml',
      'visitor: anonymous\npolicies: {odd-hours: pass}\ngroups: {staff: yes}\nstages: {who: passed, word: passed, mfa: [without_credential]}\ncontext: {is_sso: true}\n',
    );
    expect(pathsOf((await simulate('lax', '--given', given)).stdout)).toEqual([
      '   1  [anonymous] → who → [policy odd-hours: pass] → word → [in the group staff] → mfa: passed without a credential → login → done, logged in with a first factor',
    ]);
  });

  it('prints JSON without the made-up replies of stages', async () => {
    const { stdout } = await simulate('lax', '--json', '--max-paths', '1');
    expect(JSON.parse(stdout)).toMatchObject({ flow: 'lax', isComplete: false, paths: [{ number: 1 }] });
    expect(stdout).not.toContain('pending_user');
  });

  it.each([
    [['lac'], 'There is no flow lac. Did you mean lax?'],
    [['lax', '--version', '7'], 'The flow lax has no version 7. Known: 1.'],
    [['lax', '--version', 'two'], '"two" is not the number of a version.'],
    [['lax', '--max-paths', '0'], '--max-paths must be a number from 1 to 100000.'],
    [['lax', '--as', 'nobody'], 'there is no user nobody'],
    [['lax', '--fail-on', 'dead-ends'], 'There is no finding dead-ends. Did you mean dead-end?'],
    [[], 'usage: npm run flow -- simulate SLUG'],
    [['lax', '--nonsense'], "Unknown option '--nonsense'"],
  ])('refuses %j with one clear sentence', async (args, message) => {
    const { code, stdout, stderr } = await simulate(...args);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(message);
  });

  it.each([
    ['policies: {odd-hour: pass}', 'There is no policy odd-hour. Did you mean odd-hours?'],
    ['policies: {odd-hours: maybe}', 'policies.odd-hours: '],
    ['stages: {wordd: passed}', 'There is no stage wordd. Did you mean word?'],
    ['stages: {mfa: passd}', 'There is no outcome of the stage mfa, passd. Did you mean passed?'],
    ['groups: {staf: yes}', 'There is no group staf. Did you mean staff?'],
    ['context: {is_ssp: true}', 'There is no fact is_ssp. Did you mean is_sso?'],
    ['context: {is_sso: maybe}', 'context: is_sso: '],
    ['colour: red', 'Unrecognized key: "colour"'],
    ['a: [', 'is not valid YAML: '],
  ])('refuses the facts %j', async (text, message) => {
    const { code, stderr } = await simulate('lax', '--given', await file('bad.yaml', text));
    expect([code, stderr.split('\n').length]).toEqual([1, 2]);
    expect(stderr).toContain(message);
  });

  it('refuses a version number that Postgres cannot store, as other commands do', async () => {
    const version = ['lax', '--version', '2147483648'];
    for (const args of [
      ['simulate', ...version],
      ['diagram', ...version],
      ['publish', 'lax', '2147483648'],
    ]) {
      const { code, stderr } = await runCli('flow', args, { env });
      expect(code).toBe(1);
      expect(stderr).toContain('flow: "2147483648" is not the number of a version. List the versions: ');
    }
  });

  it('refuses a file that does not exist', async () => {
    expect((await simulate('lax', '--given', join(folder, 'none.yaml'))).stderr).toContain('cannot be read: ENOENT');
  });
});

describe('npm run flow -- diagram', () => {
  it('draws the flow with the names of its policies and groups', async () => {
    const { code, stdout } = await runCli('flow', ['diagram', 'lax'], { env });
    expect(code).toBe(0);
    expect(stdout).toContain('stage_1_policies{"policy odd-hours"}\n');
    expect(stdout).toContain('stage_2_policies{"group staff"}\n');
    expect((await runCli('flow', ['diagram', 'lax', '--version', '9'], { env })).stderr).toBe(
      'flow: The flow lax has no version 9. Known: 1.\n',
    );
  });
});
