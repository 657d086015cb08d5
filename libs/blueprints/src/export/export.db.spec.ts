import { randomBytes } from 'node:crypto';
import { Sealer } from '@gatehouse/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../../testing/blueprint-harness.js';

let origin: BlueprintHarness;
let target: BlueprintHarness;
beforeAll(async () => {
  [origin, target] = await Promise.all([BlueprintHarness.open(), BlueprintHarness.open()]);
});
afterAll(() => Promise.all([origin?.close(), target?.close()]));

const KIND = 'x_acme_gate';
const object = { type: 'object' };
const DESCRIPTOR = {
  ...{ v: 1, kind: KIND, component: 'x-acme-gate', challenge: object, response: object, state: object },
  config: { type: 'object', properties: { word: { type: 'string', 'x-secret': true } } },
};
const sealer = new Sealer(`key:${randomBytes(32).toString('base64')}`);
beforeEach(async () => {
  for (const harness of [origin, target]) {
    await harness.reset();
    harness.sealer = sealer;
    harness.descriptors.set(KIND, DESCRIPTOR);
  }
});

const objectEntry = (model: string, [id, identifiers]: readonly [string, string], attrs = '') =>
  `{model: authentik_${model}, id: ${id}, identifiers: {${identifiers}}, attrs: {${attrs}}}`;
const named = (model: string, name: string, attrs = '') => objectEntry(model, [name, `name: ${name}`], attrs);
const flow = (slug: string, designation: string) =>
  objectEntry(
    'flows.flow',
    [slug, `slug: ${slug}`],
    `name: N, title: "Yes: %(app)s # no", designation: ${designation}`,
  );
const step = (slug: string, [stage, order]: readonly [string, number], attrs = '') => {
  const identifiers = `target: !KeyOf ${slug}, stage: !KeyOf ${stage}, order: ${order}`;
  return objectEntry('flows.flowstagebinding', [`${stage}-in-${slug}`, identifiers], attrs);
};
const condition = (on: string, what: string, order = 0) =>
  objectEntry('policies.policybinding', [`on-${on}-${order}`, `target: !KeyOf ${on}, order: ${order}`], what);
const expression = (name: string, source: string) =>
  named('policies_expression.expressionpolicy', name, `expression: ${JSON.stringify(source)}`);
const field = (id: string, name: string, attrs: string) =>
  objectEntry('stages_prompt.prompt', [id, `name: "${name}"`], `field_key: ${id}, ${attrs}`);

/**
 * A flow with every kind of dependency: prompt fields, policies that call other policies, other flows, users, groups,
 * secrets, bindings of equal order.
 */
const EVERYTHING = entries(
  flow('login', 'authentication'),
  flow('recover', 'recovery'),
  named('core.group', 'staff', 'is_superuser: true'),
  objectEntry('core.user', ['ann', 'username: ann'], 'name: Ann, email: ann@example.org'),
  expression('outer', 'x = ak_call_policy("inner-2")\ny = ak_call_policy("inner-1")\nreturn x and y\n'),
  expression('inner-1', '  # indented\nreturn "\\t\ttab"  '),
  expression('inner-2', 'return True'),
  named('policies_password.passwordpolicy', 'length', 'length_min: 8'),
  field('nick', 'on', 'label: "2020-01-01", type: text, order: 0'),
  field('hello', 'hello', 'label: "0x1f", type: static, initial_value: "a\\n\\n  b\\n"'),
  named(
    'stages_prompt.promptstage',
    'form',
    'fields: [!KeyOf nick, !KeyOf hello], validation_policies: [!KeyOf length]',
  ),
  named('stages_password.passwordstage', 'proof', 'backends: [authentik.core.auth.InbuiltBackend]'),
  named(
    'stages_identification.identificationstage',
    'who',
    'user_fields: [email], password_stage: !KeyOf proof, recovery_flow: !KeyOf recover',
  ),
  '{model: gatehouse_stages.remotestage, id: gate, identifiers: {name: "gate é"}, attrs: {kind: x_acme_gate, config: {word: hush-hush}}}',
  named('stages_dummy.dummystage', 'page'),
  step('login', ['who', 10], 'policy_engine_mode: all'),
  ...['form', 'gate', 'page'].map((stage) => step('login', [stage, 20], 'evaluate_on_plan: true')),
  step('recover', ['page', 9]),
  condition('login', 'group: !KeyOf staff'),
  condition('who-in-login', 'policy: !KeyOf outer, negate: true, timeout: 3'),
  condition('form-in-login', 'user: !KeyOf ann', 3),
  condition('form-in-login', 'group: !KeyOf staff, shadow: true', 4),
  flow('apart', 'invalidation'),
);
/** The variable of the secret of `gate é`. */
const SECRET = 'GATE_WORD_A7207C3E';

const gate = (name: string, i: number) =>
  `{model: gatehouse_stages.remotestage, id: gate-${i}, identifiers: {name: "${name}"}, attrs: {kind: ${KIND}, config: {word: word-${i}}}}`;

/** Returns a flow with external stages of these names, each with a secret `word-N` of its own. */
const flowOfGates = (names: readonly string[]) =>
  entries(flow('login', 'authentication'), ...names.map(gate), ...names.map((_, i) => step('login', [`gate-${i}`, i])));

/** Returns the variables of the secrets in an export, by name of the stage. */
const variablesIn = (text: string) =>
  new Map(
    [...text.matchAll(/^ +name: (.*)\n +attrs:\n +kind: .*\n +config:\n +word: !Env (\w+)$/gm)].map(
      ([, name = '', variable = '']) => [name, variable],
    ),
  );

/** Returns a flow version with ids replaced by names, to compare versions of two databases. */
async function comparableVersion(harness: BlueprintHarness, slug: string) {
  const named = await harness.query<{ id: string; name: string }>(
    `SELECT id::text, model || ' ' || coalesce(identifiers->>'name', identifiers->>'slug') AS name FROM flow.objects
       WHERE identifiers ?| '{name,slug}'
     UNION ALL SELECT id::text, name FROM directory.groups UNION ALL SELECT id::text, username FROM directory.users`,
  );
  const text = JSON.stringify((await harness.currentVersion(slug))?.document).replace(
    /"gatehouse:sealed":"[^"]*"/g,
    '"sealed":""',
  );
  return JSON.parse(named.reduce((rest, { id, name }) => rest.replaceAll(id, name), text)) as unknown;
}

describe('an exported flow', () => {
  it('creates the same flow in an empty installation, and exporting that gives the same file', async () => {
    await origin.apply(EVERYTHING);
    const text = await origin.export('login');
    target.env = { [SECRET]: 'hush-hush' };
    await target.apply(text);
    for (const slug of ['login', 'recover'])
      expect(await comparableVersion(target, slug)).toEqual(await comparableVersion(origin, slug));
    expect(await target.export('login')).toBe(text);
    expect(await origin.export('login')).toBe(text);
  });

  it('changes nothing when it is applied to its own installation', async () => {
    await origin.apply(EVERYTHING);
    origin.env = { [SECRET]: 'hush-hush' };
    expect((await origin.apply(await origin.export('login'))).isChanged).toBe(false);
  });

  it.each(['2024.8', '2026.8'] as const)(
    'can be applied under %s, and contains the default values of that line',
    async (line) => {
      const validate = 'stages_authenticator_validate.authenticatorvalidatestage';
      const steps = entries(flow('login', 'authentication'), named(validate, 'proof'), step('login', ['proof', 10]));
      await origin.applyAs({ apiVersion: line }, steps);
      const text = await origin.export('login');
      expect(text.includes('- email')).toBe(line === '2026.8');
      await target.applyAs({ apiVersion: line }, text);
      expect(await target.export('login')).toBe(text);
      // The choices stay the same when the API line changes.
      for (const apiVersion of ['2024.8', '2026.8'] as const) {
        expect((await target.applyAs({ apiVersion }, text)).isChanged).toBe(false);
        expect((await target.applyAs({ apiVersion }, steps)).isChanged).toBe(false);
      }
    },
  );

  it('contains the dependencies of the flow and nothing else', async () => {
    await origin.apply(EVERYTHING);
    const text = await origin.export('recover');
    expect(text).not.toMatch(/apart|login|staff/);
    expect((await target.outcomes(text)).sort()).toEqual(['created page', 'created recover', 'created recover page 9']);
  });

  it('contains no secrets, and is refused if their environment variables are not set', async () => {
    await origin.apply(EVERYTHING);
    const text = await origin.export('login');
    expect(text).not.toContain('hush');
    expect(text.split('\n').slice(0, 3)).toEqual([
      '# The flow login and all objects that it depends on.',
      '# Set these environment variables to its secrets before you apply it:',
      `#   ${SECRET}`,
    ]);
    await expect(target.apply(text)).rejects.toThrow('config: word: Invalid input');
  });

  it('reads each secret from a variable of its own that a shell can set', async () => {
    const gates = ['gate', 'gate é', 'gate ü', '2nd gate', '門'];
    await origin.apply(flowOfGates(gates));
    const text = await origin.export('login');
    const variables = variablesIn(text);
    expect(new Set(variables.keys())).toEqual(new Set(gates));
    expect(new Set(variables.values()).size).toBe(gates.length);
    expect(variables.get('gate')).toBe('GATE_WORD');
    for (const variable of variables.values()) expect(variable).toMatch(/^[A-Z_][A-Z0-9_]*$/);
    origin.env = Object.fromEntries(
      [...variables].map(([name, variable]) => [variable, `word-${gates.indexOf(name)}`]),
    );
    expect((await origin.apply(text)).isChanged).toBe(false);
  });

  it.each([
    ['gate é', 'gate ü'],
    ['gate', 'Gate'],
    ['門', '窓'],
  ])('has the same variables for the secrets of %s and %s if the flow has only one of them', async (...gates) => {
    await origin.apply(flowOfGates(gates));
    const both = variablesIn(await origin.export('login'));
    for (const name of gates) {
      await origin.reset();
      origin.descriptors.set(KIND, DESCRIPTOR);
      await origin.apply(flowOfGates([name]));
      expect(variablesIn(await origin.export('login'))).toEqual(new Map([[name, both.get(name)]]));
    }
  });

  it('has different variables for `auth_password` of a stage `sms` and `password` of a stage `sms-auth`', async () => {
    const sms = named(
      'stages_authenticator_sms.authenticatorsmsstage',
      'sms',
      'provider: generic, from_number: "1", account_sid: "https://sms.example.org", auth: user-1, auth_type: basic, auth_password: word-1',
    );
    const mail = named('stages_email.emailstage', 'sms-auth', 'use_global_settings: false, password: word-2');
    const both = [step('login', ['sms', 1]), step('login', ['sms-auth', 2])];
    await origin.apply(
      entries(
        flow('login', 'authentication'),
        flow('recover', 'recovery'),
        sms,
        mail,
        step('recover', ['sms-auth', 1]),
        ...both,
      ),
    );
    const variablesOf = async (slug: string) =>
      new Set([...(await origin.export(slug)).matchAll(/!Env (\w+)/g)].map(([, variable]) => variable));
    expect(await variablesOf('recover')).toEqual(new Set(['SMS_AUTH_PASSWORD_696F2B69']));
    expect(await variablesOf('login')).toEqual(
      new Set(['SMS_AUTH', 'SMS_AUTH_PASSWORD', 'SMS_AUTH_PASSWORD_696F2B69']),
    );
  });

  it('keeps the variable of a stage when an external stage is added that would get the same variable', async () => {
    const config = { type: 'object', properties: { key_password: { type: 'string', 'x-secret': true } } };
    origin.descriptors.set(KIND, { ...DESCRIPTOR, config });
    const mail = named('stages_email.emailstage', 'sms-key', 'use_global_settings: false, password: word-1');
    const sms = `{model: gatehouse_stages.remotestage, id: sms, identifiers: {name: sms}, attrs: {kind: ${KIND}, config: {key_password: word-2}}}`;
    await origin.apply(entries(flow('login', 'authentication'), mail, step('login', ['sms-key', 1])));
    expect(await origin.export('login')).toContain('!Env SMS_KEY_PASSWORD\n');
    await origin.apply(entries(flow('login', 'authentication'), sms, step('login', ['sms', 2])));
    const text = await origin.export('login');
    expect(text).toContain(' password: !Env SMS_KEY_PASSWORD\n');
    expect(text).toMatch(/ key_password: !Env SMS_KEY_PASSWORD_[0-9A-F]{8}\n/);
  });

  it('states in a comment that it contains the stored objects if the flow is held at another version', async () => {
    const titled = (title: string) => entries(flow('login', 'authentication').replace('name: N', `name: ${title}`));
    await origin.apply(entries(flow('login', 'authentication')));
    await origin.apply(titled('Other'));
    expect(await origin.export('login')).not.toContain('held');
    await origin.releases().rollback('login');
    expect((await origin.export('login')).split('\n').slice(0, 2)).toEqual([
      '# The flow login and all objects that it depends on.',
      '# The flow is held: version 1 is published, and this file has the stored objects, which compile to version 2.',
    ]);
  });

  it('creates users inactive and groups without privileges', async () => {
    await origin.apply(EVERYTHING);
    target.env = { [SECRET]: 'hush-hush' };
    await target.apply(await origin.export('login'));
    const users = 'SELECT username, is_active, password_hash FROM directory.users';
    expect(await target.query(users)).toEqual([{ username: 'ann', is_active: false, password_hash: '' }]);
    expect(await target.query('SELECT name, is_superuser FROM directory.groups')).toEqual([
      { name: 'staff', is_superuser: false },
    ]);
  });

  it('gives a user without a name the username as the name', async () => {
    await origin.apply(EVERYTHING);
    await origin.query(`UPDATE directory.users SET name = '' WHERE username = 'ann'`);
    target.env = { [SECRET]: 'hush-hush' };
    await target.apply(await origin.export('login'));
    expect(await target.query('SELECT username, name FROM directory.users')).toEqual([
      { username: 'ann', name: 'ann' },
    ]);
  });

  it('cannot be made for an unknown flow, or if a policy binding refers to a deleted group', async () => {
    await expect(origin.export('login')).rejects.toThrow('there is no flow with the slug login');
    await origin.apply(EVERYTHING, entries('{model: authentik_core.group, state: absent, identifiers: {name: staff}}'));
    await expect(origin.export('login')).rejects.toThrow(
      'a policy binding refers to a deleted group, so it matches no user. Remove the binding, then export again',
    );
  });
});
