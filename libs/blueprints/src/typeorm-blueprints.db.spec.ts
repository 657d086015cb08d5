import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';
import { formatReport } from './report.js';

let harness: BlueprintHarness;
beforeAll(async () => {
  harness = await BlueprintHarness.open();
});
afterAll(() => harness?.close());
beforeEach(() => harness.reset());

const flow = (slug: string, attrs = '') =>
  `{model: authentik_flows.flow, id: ${slug}, identifiers: {slug: ${slug}}, attrs: {name: N, title: T, designation: authentication, ${attrs}}}`;
const dummy = (name: string, attrs = '{}') =>
  `{model: authentik_stages_dummy.dummystage, id: ${name}, identifiers: {name: ${name}}, attrs: ${attrs}}`;
const bind = (target: string, stage: string, order: string | number) =>
  `{model: Authentik_Flows.FlowStageBinding, identifiers: {target: !KeyOf ${target}, stage: !KeyOf ${stage}, order: ${order}}}`;

describe('applyBlueprints', () => {
  it('creates missing objects and publishes the flow', async () => {
    const report = await harness.apply(entries(flow('login'), dummy('one'), bind('login', 'one', 10)));
    expect(report.published).toMatchObject([{ slug: 'login', number: 1 }]);
    expect(report.files[0]?.changes.map(({ outcome, name }) => [outcome, name])).toEqual([
      ['created', 'login'],
      ['created', 'one'],
      ['created', 'login one 10'],
    ]);
    expect(await harness.currentVersion('login'))?.toMatchObject({
      number: 1,
      designation: 'authentication',
      document: {
        v: 1,
        flow: { slug: 'login', denied_action: 'message_continue' },
        steps: [{ order: 10, re_evaluate_policies: true }],
      },
    });
  });

  it('changes nothing when the same file is applied again', async () => {
    const text = readFileSync(new URL('../../../blueprints/default-authentication-flow.yaml', import.meta.url), 'utf8');
    expect((await harness.apply(text)).published).toMatchObject([{ slug: 'default-authentication-flow', number: 1 }]);
    expect(await harness.stepNames('default-authentication-flow')).toEqual([
      'default-authentication-identification',
      'default-authentication-password',
      'default-authentication-login',
    ]);
    const secondRun = await harness.apply(text);
    expect(secondRun.published).toEqual([]);
    expect(formatReport(secondRun)).toBe('1.yaml: 8 unchanged\nnothing changed');
    expect((await harness.currentVersion('default-authentication-flow'))?.number).toBe(1);
  });

  it('keeps the fields that an entry does not set', async () => {
    await harness.apply(entries(flow('login', 'layout: content_left')));
    const change = '{model: authentik_flows.flow, identifiers: {slug: login}, attrs: {title: Hello}}';
    expect(await harness.outcomes(entries(change))).toEqual(['changed login']);
    expect((await harness.currentVersion('login'))?.document.flow).toMatchObject({
      title: 'Hello',
      layout: 'content_left',
    });
  });

  it('refuses text that Postgres cannot store, and names the field', async () => {
    const codes = (friendlyName: string) =>
      `{model: authentik_stages_authenticator_static.authenticatorstaticstage, identifiers: {name: codes}, attrs: {friendly_name: ${friendlyName}}}`;
    for (const text of [String.raw`"a\0b"`, String.raw`"\uD800"`])
      await expect(harness.apply(entries(codes(text)))).rejects.toThrow(
        /friendly_name: \w+ characters are not allowed/,
      );
  });

  it('applies all files or none', async () => {
    const invalid = entries(dummy('two'), flow('broken', 'layout: round'));
    await expect(
      harness.apply(entries(flow('login'), '{model: authentik_core.group, identifiers: {name: g}}'), invalid),
    ).rejects.toThrow('2.yaml:3: entry 2 "broken" (authentik_flows.flow): layout: "round" is not a valid choice.');
    const [counts] = await harness.query(
      `SELECT (SELECT count(*) FROM flow.objects) AS objects, (SELECT count(*) FROM flow.flow_versions) AS versions,
        (SELECT count(*) FROM directory.groups) AS groups`,
    );
    expect(counts).toEqual({ objects: '0', versions: '0', groups: '0' });
  });

  it('serialises concurrent runs', async () => {
    const text = entries(flow('login'), dummy('one'), bind('login', 'one', 10));
    const reports = await Promise.all([harness.apply(text), harness.apply(text), harness.apply(text)]);
    expect(reports.flatMap(({ published }) => published)).toMatchObject([{ slug: 'login', number: 1 }]);
  });

  it('skips an entry whose conditions are not met', async () => {
    const conditional = (condition: string) =>
      `{model: authentik_stages_dummy.dummystage, conditions: [true, ${condition}], identifiers: {name: x}}`;
    expect(await harness.outcomes(entries(conditional('!Context nothing')))).toEqual(['skipped']);
    expect(await harness.outcomes(entries(conditional('!Env ORDER')))).toEqual(['created x']);
  });

  it('does not resolve the tags of a skipped entry', async () => {
    const unresolvable = `{model: app.unknown, state: !KeyOf a, conditions: [no, !KeyOf b], identifiers: {name: !KeyOf c}}`;
    expect(await harness.outcomes(entries(unresolvable))).toEqual(['skipped']);
  });

  it('resolves tags in every part of an entry', async () => {
    const entry = `
      model: !Format [authentik_stages_%s, !If [!Context nothing, deny.denystage, dummy.dummystage]]
      state: !If [!Env ORDER, created, absent]
      conditions: [!Condition [NOR, !Context nothing, !Find [authentik_flows.flow, [slug, none]]]]
      identifiers: {name: !Format ["%s", !Env ORDER]}
      attrs: {throw_error: !Condition [XOR, yes, yes, yes]}
      permissions: [{permission: !Context p, user: !Find [authentik_core.user, [username, nobody]], role: !KeyOf nobody}]`;
    expect(await harness.outcomes(`entries:\n  -${entry}`)).toEqual(['created 30']);
    expect(await harness.query('SELECT model, attrs FROM flow.objects')).toEqual([
      { model: 'authentik_stages_dummy.dummystage', attrs: { throw_error: true } },
    ]);
  });

  it('resolves !Enumerate in the attributes of a user', async () => {
    const members = `{model: authentik_core.user, identifiers: {username: ann}, attrs: {name: Ann, attributes: !Enumerate [[a, b], MAP, [!Value 0, {at: [!Index 0]}]]}}`;
    await harness.apply(entries(members));
    expect(await harness.query('SELECT attributes FROM directory.users')).toEqual([
      { attributes: { a: { at: [0] }, b: { at: [1] } } },
    ]);
  });

  it('warns that a tag has found no object, with the model, the values and the closest object', async () => {
    const leads = (attrs: string) =>
      entries(
        flow('default-recovery'),
        `{model: authentik_stages_identification.identificationstage, id: one, identifiers: {name: i}, attrs: {user_fields: [email], ${attrs}}}`,
      );
    const { files } = await harness.apply(
      leads('recovery_flow: !Find [authentik_flows.flow, [slug, default-recovry]]'),
    );
    expect(files[0]?.warnings).toEqual([
      'entry 2 (authentik_stages_identification.identificationstage): recovery_flow has no value: !Find found no authentik_flows.flow with slug "default-recovry". Did you mean slug "default-recovery"?',
    ]);
    const lost = bind('one', 'one', 1).replace('!KeyOf one', '!Find [authentik_flows.flow, [slug, x]]');
    await expect(harness.apply(`${leads('')}- ${lost}\n`)).rejects.toThrow(
      'target: This field may not be null. !Find found no authentik_flows.flow with slug "x".',
    );
    await expect(harness.apply(leads('sources: [!Find [authentik_flows.flow, [slugg, x]]]'))).rejects.toThrow(
      '!Find: Invalid identifier field: slugg. Did you mean slug? Fields: slug, name',
    );
    await expect(harness.apply(leads('password_stage: !KeyOf on'))).rejects.toThrow(
      '!KeyOf: no entry has the id `on`. Ids before this entry: default-recovery.',
    );
    await expect(harness.apply(leads('password_stage: !KeyOf one'))).rejects.toThrow(
      '!KeyOf: entry 2, which has the id `one`, cannot refer to itself.',
    );
    const skipped = '{model: authentik_stages_dummy.dummystage, id: x, conditions: [false], identifiers: {name: x}}';
    await expect(harness.apply(entries(skipped, bind('x', 'x', 1)))).rejects.toThrow(
      'entry 1, which has the id `x`, has no object: its conditions are not met, or its object was removed.',
    );
  });

  it('warns about a policy that calls itself, with the chain of calls', async () => {
    const calls = (name: string, called: string) =>
      `{model: authentik_policies_expression.expressionpolicy, identifiers: {name: ${name}}, attrs: {expression: 'return ak_call_policy("${called}").passing'}}`;
    const { files } = await harness.apply(entries(calls('a', 'b'), calls('b', 'c'), calls('c', 'a'), calls('d', 'a')));
    expect(files[0]?.warnings).toEqual([
      'entry 3 (authentik_policies_expression.expressionpolicy): expression: the policy calls itself: c → a → b → c. Such a call fails at the depth POLICY_CALL_DEPTH. Remove one of these calls, or move what both need into a policy that calls neither',
    ]);
  });

  it('warns about backends of a password stage that have no effect, even if other backends have one', async () => {
    const [own, ldap] = ['authentik.core.auth.InbuiltBackend', 'authentik.sources.ldap.auth.LDAPBackend'];
    const stage = (name: string, backends: string) =>
      `{model: authentik_stages_password.passwordstage, identifiers: {name: ${name}}, attrs: {backends: [${backends}]}}`;
    const { files } = await harness.apply(entries(stage('a', own), stage('b', `${own}, ${ldap}`), stage('c', ldap)));
    const never = `(authentik_stages_password.passwordstage): backends: Gatehouse never asks ${ldap}, so`;
    expect(files[0]?.warnings).toEqual([
      `entry 2 ${never} only the other backends accept passwords`,
      `entry 3 ${never} the stage refuses every password. Add ${own}`,
    ]);
  });

  it('refuses unknown keys and fields, or ignores them with a warning in lenient mode', async () => {
    const text = `entrys: []\n${entries(dummy('one', '{template: old, throw_error: false}'))}`;
    await expect(harness.apply(text)).rejects.toThrow('1.yaml:1: a blueprint has no key entrys.');
    await expect(harness.apply(text.replace(/^.*\n/, ''))).rejects.toThrow(
      '1.yaml:2: entry 1 "one" (authentik_stages_dummy.dummystage): template: the model has no field template. Fields: throw_error, name.',
    );
    const { files } = await harness.applyAs({ lenient: true }, text);
    expect(files[0]?.warnings).toEqual([
      'line 1: a blueprint has no key entrys; it is ignored',
      'entry 1 (authentik_stages_dummy.dummystage): the model has no field template; it is ignored',
    ]);
  });

  it.each([
    [
      entries('{model: app.unknown, identifiers: {a: 1}}'),
      'entry 1 (app.unknown): app.unknown is not a supported model',
    ],
    [entries('{model: authentik_flows.flow}'), 'No or invalid identifiers'],
    [entries('{model: authentik_flows.flow, identifiers: {color: x}}'), 'Invalid identifier field: color'],
    [entries('{model: authentik_core.user, identifiers: {color: x}}'), 'Invalid identifier field: color'],
    [
      entries('{model: authentik_flows.flow, identifiers: {slug: x}}'),
      'name: This field is required. Also title, designation: This field is required.',
    ],
    [
      entries('{model: authentik_stages_password.passwordstage, identifiers: {name: x}}'),
      'backends: This field is required.',
    ],
    [
      entries('{model: authentik_stages_password.passwordstage, identifiers: {name: x}, attrs: {backends: []}}'),
      'backends: This list may not be empty.',
    ],
    [entries(flow('a b')), 'slug: Enter a valid'],
    [entries('{model: authentik_flows.flow, state: gone, identifiers: {slug: x}}'), 'state: gone is not a state.'],
    [
      entries(dummy('one'), bind('one', 'one', 1)),
      'must be a flow, and `one` is an authentik_stages_dummy.dummystage (line 2)',
    ],
    [
      entries(bind('later', 'later', 1), flow('later')),
      'entry 2, which has the id `later`, comes later. Move it before the entry that refers to it.',
    ],
    [
      entries(
        flow('f'),
        dummy('d'),
        '{model: authentik_flows.flowstagebinding, identifiers: {target: !KeyOf f, order: 1}, attrs: {stage: !KeyOf d, re_evaluate_policies: false}}',
      ),
      'Either evaluation on plan or evaluation on run must be enabled',
    ],
    [
      entries('{model: authentik_stages_identification.identificationstage, identifiers: {name: x}}'),
      'When no user fields are selected, at least one source must be selected',
    ],
    [
      entries(dummy('same'), '{model: authentik_stages_deny.denystage, identifiers: {name: same}}'),
      'name: This field must be unique. The object that has it already is authentik_stages_dummy.dummystage same (entry 1, line 2).',
    ],
  ])('refuses %s', async (text, message) => {
    await expect(harness.apply(text)).rejects.toThrow(message);
  });
});

describe('references between entries', () => {
  it.each([
    ['identification', 'user_fields: [email], password_stage: !KeyOf page', 'password_stage'],
    ['identification', 'user_fields: [email], captcha_stage: !KeyOf page', 'captcha_stage'],
    ['captcha', 'public_key: a, private_key: b, fallback_stage: !KeyOf page', 'fallback_stage'],
  ])('to a dummy stage as the embedded stage of %s are refused: %s', async (kind, attrs, field) => {
    const host = `{model: authentik_stages_${kind}.${kind}stage, identifiers: {name: host}, attrs: {${attrs}}}`;
    await expect(harness.applyAs({ apiVersion: '2026.8' }, entries(dummy('page'), host))).rejects.toThrow(
      `${field}: must be `,
    );
  });

  it('by !KeyOf, !Find and !Env resolve to existing objects', async () => {
    await harness.apply(entries(flow('other'), dummy('two')));
    await harness.apply(
      entries(
        flow('login'),
        `{model: authentik_stages_password.passwordstage, id: pw, identifiers: {name: pw}, attrs: {backends: [authentik.core.auth.InbuiltBackend], configure_flow: !Find [authentik_flows.flow, [slug, other]]}}`,
        `{model: authentik_stages_identification.identificationstage, id: who, identifiers: {name: who}, attrs: {user_fields: [email], password_stage: !KeyOf pw, recovery_flow: !Find [authentik_flows.flow, [slug, nowhere]]}}`,
        bind('login', 'who', '!Env ORDER'),
        `{model: authentik_flows.flowstagebinding, identifiers: {target: !KeyOf login, order: 5}, attrs: {stage: !Find [authentik_stages_dummy.dummystage, [name__startswith, tw]]}}`,
      ),
    );
    const document = (await harness.currentVersion('login'))?.document;
    expect(await harness.stepNames('login')).toEqual(['two', 'who']);
    expect(document?.steps[1]?.stage.config).toMatchObject({ recovery_flow: null });
    expect(Object.values(document?.attached ?? {})).toMatchObject([
      { name: 'pw', config: { configure_flow: 'other' } },
    ]);
  });

  it('to a pk in the identifiers create an object with that pk, and later find it', async () => {
    const id = '7c3a2a44-15f5-4d0e-8b5c-0b6a3e8f6a11';
    const claim = (name: string) =>
      `{model: authentik_stages_dummy.dummystage, identifiers: {pk: ${id}, name: ${name}}}`;
    expect(await harness.outcomes(entries(claim('one')))).toEqual(['created one']);
    expect(await harness.query('SELECT id FROM flow.objects')).toEqual([{ id }]);
    expect(await harness.outcomes(entries(claim('renamed')))).toEqual(['changed renamed']);
  });

  it('by the pk of an earlier entry resolve to the object that this entry found by name', async () => {
    const claimed = '7c3a2a44-15f5-4d0e-8b5c-0b6a3e8f6a11';
    await harness.apply(entries(dummy('one')));
    await harness.apply(
      entries(
        flow('login'),
        `{model: authentik_stages_dummy.dummystage, identifiers: {pk: ${claimed}, name: one}}`,
        `{model: authentik_flows.flowstagebinding, identifiers: {target: !KeyOf login, stage: ${claimed}, order: 1}}`,
      ),
    );
    expect(await harness.stepNames('login')).toEqual(['one']);
  });
});
