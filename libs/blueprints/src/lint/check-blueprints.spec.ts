import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkBlueprints } from './check-blueprints.js';
import { type Finding, formatFindings, RULES, type Rule } from './finding.js';

const syntax = {
  check: async (source: string) => (source.includes('???') ? { line: 2, column: 5, message: 'odd' } : undefined),
};
const check = (...texts: string[]) => {
  const files = texts.map((text, i) => ({ name: `${i + 1}.yaml`, text }));
  return checkBlueprints({ files, library: async () => undefined, env: {}, syntax });
};
const entries = (...lines: string[]) => `entries:\n${lines.map((line) => `- ${line}\n`).join('')}`;
const rules = (findings: readonly Finding[]) => findings.map(({ rule, line }) => `${rule} ${line}`);

const flow = (attrs = 'designation: authentication') =>
  `{model: authentik_flows.flow, id: login, identifiers: {slug: login}, attrs: {name: L, title: L, ${attrs}}}`;
const stage = (kind: string, attrs = '') =>
  `{model: authentik_stages_${kind}.${kind.replaceAll('_', '')}stage, id: ${kind}, identifiers: {name: ${kind}}, attrs: {${attrs}}}`;
const at = (order: number, stageId: string) =>
  `{model: authentik_flows.flowstagebinding, id: at-${order}, identifiers: {target: !KeyOf login, stage: !KeyOf ${stageId}, order: ${order}}}`;
const policy = (model: string, attrs: string) =>
  `{model: authentik_policies_${model}, id: rule, identifiers: {name: rule}, attrs: {${attrs}}}`;
const bound = (to: string, attrs = '') =>
  `{model: authentik_policies.policybinding, identifiers: {target: !KeyOf ${to}, policy: !KeyOf rule, order: 0}, attrs: {${attrs}}}`;
const boundGroup = (to: string) => bound(to).replace('policy: !KeyOf', 'group: !KeyOf');
const expression = (source: string) => policy('expression.expressionpolicy', `expression: ${JSON.stringify(source)}`);

const BY_MAIL = 'user_fields: [email]';
const IDENTIFICATION = stage('identification', BY_MAIL);
const CAPTCHA = stage('captcha', 'public_key: a, private_key: b');
const PASSWORD = stage('password', 'backends: [authentik.core.auth.InbuiltBackend]');
const ONLY_LDAP = stage('password', 'backends: [authentik.sources.ldap.auth.LDAPBackend]');
const BY_APP_PASSWORD = stage('password', 'backends: [authentik.core.auth.TokenBackend]');
const LOGIN = [
  flow(),
  IDENTIFICATION,
  PASSWORD,
  stage('user_login'),
  at(10, 'identification'),
  at(20, 'password'),
  at(30, 'user_login'),
];
const ANONYMOUS = flow('designation: authentication, authentication: require_unauthenticated');
const without = (line: string) => LOGIN.filter((entry) => entry !== line);
const EMBEDDED = stage('identification', 'user_fields: [email], password_stage: !KeyOf password');
const VALIDATE = stage('authenticator_validate', 'not_configured_action: deny');
const DUMMY = stage('dummy');
const DENY = stage('deny');
const GROUP = (attrs: string) => `{model: authentik_core.group, identifiers: {name: staff}, attrs: {${attrs}}}`;
const PROMPT = (source: string) =>
  `{model: authentik_stages_prompt.prompt, identifiers: {name: f}, attrs: {field_key: f, label: F, type: text, order: 0, placeholder: "${source}", placeholder_expression: true}}`;
const OTHER_FLOW =
  '{model: authentik_flows.flow, id: other, identifiers: {slug: other}, attrs: {name: N, title: T, designation: authorization}}';
const BRAND = (attrs: string) =>
  `{model: authentik_brands.brand, identifiers: {domain: x}, attrs: {flow_authentication: !KeyOf other, ${attrs}}}`;
const PAIR = ['a', 'b'].map((name) =>
  DUMMY.replaceAll(': dummy,', `: ${name},`).replace('name: dummy', `name: ${name}`),
);

/**
 * For each rule: entries that violate the rule, the line of the finding, and similar entries that do not violate it.
 */
const cases: Record<
  Exclude<Rule, 'mfa-skippable' | 'mfa-conditional' | 'reputation-out-of-reach'>,
  [bad: string[], line: number, good: string[]]
> = {
  unreadable: [['{model: 3}'], 2, [DUMMY]],
  'unknown-model': [['{model: authentik_stages_magic.magicstage, identifiers: {name: x}}'], 2, [DUMMY]],
  'unresolved-reference': [[flow('designation: recovery'), at(1, 'nobody')], 3, LOGIN],
  'bad-expression': [[expression('return ???')], 2, [expression('return True')]],
  'invalid-value': [[flow('designation: nonsense')], 2, LOGIN],
  'empty-flow': [[flow()], 2, [flow('designation: authorization')]],
  'unreachable-stage': [
    [...LOGIN, DENY, at(25, 'deny')],
    8,
    [...LOGIN, DENY, at(25, 'deny'), expression('return context["x"]'), bound('at-25')],
  ],
  'login-beside-brand': [
    [...LOGIN, OTHER_FLOW, BRAND('')],
    2,
    [...LOGIN, OTHER_FLOW, BRAND('attributes: {gatehouse: {authentication_flow_only: true}}')],
  ],
  'login-without-credential': [
    without(at(20, 'password')),
    7,
    [flow(), PASSWORD, EMBEDDED, ...LOGIN.slice(3).filter((line) => line !== at(20, 'password'))],
  ],
  'newer-version': [
    [CAPTCHA, stage('identification', `${BY_MAIL}, captcha_stage: !KeyOf captcha`)],
    3,
    [IDENTIFICATION],
  ],
  'unknown-field': [[GROUP('rolls: []')], 2, [GROUP('is_superuser: true')]],
  'ignored-field': [[GROUP('roles: []')], 2, [GROUP('is_superuser: true')]],
  'ignored-value': [
    LOGIN.map((line) => (line === PASSWORD ? ONLY_LDAP : line)),
    4,
    LOGIN.map((line) => (line === PASSWORD ? BY_APP_PASSWORD : line)),
  ],
  'left-out': [['{model: authentik_rbac.role, identifiers: {name: x}}'], 2, [GROUP('')]],
  permissions: [
    ['{model: authentik_core.group, identifiers: {name: x}, permissions: [{permission: view}]}'],
    2,
    [GROUP('')],
  ],
  'not-in-files': [
    [GROUP('parent: !Find [authentik_core.group, [name, all]]')],
    2,
    [
      '{model: authentik_core.group, identifiers: {name: all}}',
      GROUP('parent: !Find [authentik_core.group, [name, all]]'),
    ],
  ],
  'no-value': [[GROUP('parent: !Context nothing')], 2, [GROUP('parent: !Context [nothing, null]')]],
  'bad-prompt-expression': [[PROMPT('???')], 2, [PROMPT('return 1')]],
  'policy-calls-itself': [
    [expression('return ak_call_policy("rule").passing')],
    2,
    [expression('return ak_call_policy("other").passing')],
  ],
  'login-by-policy-only': [
    [...without(at(20, 'password')), expression('return context["x"]'), bound('login')],
    7,
    [...LOGIN, expression('return context["x"]'), bound('login')],
  ],
  'unconditional-deny': [
    [flow('designation: recovery'), DENY, at(1, 'deny')],
    4,
    [flow('designation: recovery'), DENY, at(1, 'deny'), expression('return context["x"]'), bound('at-1')],
  ],
  'devices-before-proof': [
    [...without(at(20, 'password')), VALIDATE, at(20, 'authenticator_validate')],
    9,
    [...LOGIN, VALIDATE, at(25, 'authenticator_validate')],
  ],
  'same-order': [
    [flow('designation: recovery'), ...PAIR, at(1, 'a'), at(1, 'b')],
    6,
    [flow('designation: recovery'), ...PAIR, at(1, 'a'), at(2, 'b')],
  ],
  'bound-twice': [
    [flow('designation: recovery'), DUMMY, at(1, 'dummy'), at(1, 'dummy')],
    5,
    [flow('designation: recovery'), DUMMY, at(1, 'dummy'), at(2, 'dummy')],
  ],
  'policy-never-passes': [
    [...LOGIN, expression('# return True\nreturn False'), bound('login')],
    9,
    [...LOGIN, expression('if request.user:\n  return False\nreturn True'), bound('login')],
  ],
  'shadow-only': [
    [...LOGIN, DENY, at(25, 'deny'), expression('return context["x"]'), bound('at-25', 'shadow: true')],
    10,
    [...LOGIN, DENY, at(25, 'deny'), expression('return context["x"]'), bound('at-25')],
  ],
  'login-without-factor': [
    [...LOGIN, expression('return request.user.name == "x"'), bound('at-20')],
    8,
    [...LOGIN, expression('return request.user.name == "x"'), bound('at-10')],
  ],
  'never-reached': [
    [ANONYMOUS, ...LOGIN.slice(1), GROUP('').replace('{', '{id: rule, '), DUMMY, at(5, 'dummy'), boundGroup('at-5')],
    11,
    [ANONYMOUS, ...LOGIN.slice(1), GROUP('').replace('{', '{id: rule, '), DUMMY, at(15, 'dummy'), boundGroup('at-15')],
  ],
  'dead-end': [
    [flow('designation: enrollment'), DUMMY, stage('user_login'), at(1, 'dummy'), at(2, 'user_login')],
    6,
    [flow('designation: enrollment'), DUMMY, at(1, 'dummy')],
  ],
  'redirect-elsewhere': [
    [expression('flow_plan.redirect("https://evil.example/")')],
    2,
    [expression('flow_plan.redirect("/if/user/")')],
  ],
};

describe('a rule', () => {
  it.each(Object.entries(cases))(
    '%s reports a violation, and nothing for similar valid entries',
    async (rule, [bad, line, good]) => {
      expect(rules(await check(entries(...bad)))).toContain(`${rule} ${line}`);
      expect((await check(entries(...good))).map((finding) => finding.rule)).not.toContain(rule);
    },
  );

  it('is listed in the documentation with its severity', () => {
    const page = readFileSync('docs/reference/blueprints.md', 'utf8');
    const documented = [...page.matchAll(/^\| `([a-z-]+)` \| (error|warning) \|/gm)].map(([, rule, severity]) => [
      rule,
      severity,
    ]);
    expect(documented).toEqual(Object.entries(RULES));
  });
});

describe('checkBlueprints', () => {
  it('finds nothing in a valid login flow', async () => {
    expect(await check(entries(...LOGIN))).toEqual([]);
  });

  it('reports a path on which visitors log in without a proof', async () => {
    const lines = [...LOGIN, expression('return request.user.name == "x"'), bound('at-20')];
    expect(await check(entries(...lines))).toMatchObject([
      { text: 'the stage user_login logs users in who have proved nothing, if the policy rule fails' },
    ]);
  });

  it('does not report again what an earlier rule has found', async () => {
    const open = await check(entries(...without(at(20, 'password'))));
    expect(rules(open)).toEqual(['login-without-credential 7']);
    const denied = await check(entries(...LOGIN, DENY, at(25, 'deny')));
    expect(rules(denied)).toEqual(['unreachable-stage 8', 'unconditional-deny 10']);
  });

  it('does not report a step as never reached if a policy may set the user that its condition needs', async () => {
    const group = GROUP('').replace('{', '{id: rule, ');
    const blocked = [ANONYMOUS, ...LOGIN.slice(1), group, DUMMY, at(5, 'dummy'), boundGroup('at-5')];
    const guarded = (source: string) => [
      ...blocked,
      expression(source).replaceAll('rule', 'guard'),
      bound('login').replace('!KeyOf rule', '!KeyOf guard'),
    ];
    const sets = 'context["flow_plan"].context["pending_user"] = ak_user_by(username="x")\nreturn True';
    expect((await check(entries(...guarded('return context["x"]')))).map(({ rule }) => rule)).toEqual([
      'never-reached',
    ]);
    expect(await check(entries(...guarded(sets)))).toEqual([]);
  });

  it('simulates a flow that refers to a flow outside of the files, but none with stages outside of them', async () => {
    const [line, ...findings] = await check(
      entries(
        ...LOGIN.map((entry) =>
          entry === IDENTIFICATION
            ? IDENTIFICATION.replace('}}', ', recovery_flow: !Find [authentik_flows.flow, [slug, r]]}}')
            : entry,
        ),
        ...[expression('return request.user.name == "x"'), bound('at-20')],
      ),
    );
    expect([line?.rule, ...findings.map(({ rule }) => rule)]).toEqual(['not-in-files', 'login-without-factor']);
    const external =
      '{model: gatehouse_stages.remotestage, id: external, identifiers: {name: external}, attrs: {kind: x_a_b}}';
    const lines = [
      ...LOGIN,
      external,
      at(25, 'external'),
      expression('return request.user.name == "x"'),
      bound('at-20'),
    ];
    expect(await check(entries(...lines))).toEqual([]);
  });

  it('ends the simulation of a flow with very many combinations of policy results', async () => {
    const stages = Array.from({ length: 30 }, (_, i) => [
      stage('dummy').replaceAll(': dummy', `: d${i}`),
      `{model: authentik_flows.flowstagebinding, id: at-d${i}, identifiers: {target: !KeyOf login, stage: !KeyOf d${i}, order: ${i}}, attrs: {evaluate_on_plan: true, re_evaluate_policies: false}}`,
      policy('dummy.dummypolicy', 'result: true').replaceAll('rule', `rule${i}`),
      bound(`at-d${i}`).replace('!KeyOf rule', `!KeyOf rule${i}`),
    ]).flat();
    expect(await check(entries(flow('designation: enrollment'), ...stages))).toEqual([]);
  }, 60_000);

  it('continues after an error, and reports no follow-up errors', async () => {
    const bad = stage('user_login', 'session_duration: soon');
    const findings = await check(entries(...LOGIN.map((line) => (line === stage('user_login') ? bad : line))));
    expect(rules(findings)).toEqual(['invalid-value 5']);
  });

  it('checks the Python of prompt fields that are flagged as expressions', async () => {
    const field = (attrs: string) =>
      `{model: authentik_stages_prompt.prompt, identifiers: {name: f}, attrs: {field_key: f, label: F, type: text, order: 0, ${attrs}}}`;
    for (const place of ['placeholder', 'initial_value']) {
      const findings = await check(entries(field(`${place}: "???", ${place}_expression: true`)));
      expect(findings).toMatchObject([{ rule: 'bad-prompt-expression', line: 2, severity: 'warning' }]);
      expect(findings[0]!.text).toBe(
        `${place}: Expression Syntax Error: odd (line 2, column 5). Until it is corrected, visitors see no ${place}`,
      );
      expect(await check(entries(field(`${place}: "???", ${place}_expression: false`)))).toEqual([]);
    }
  });

  it('reports findings as text and as objects', async () => {
    const findings = await check(entries(GROUP('roles: []'), expression('a\nreturn ???')));
    expect(formatFindings(findings).split('\n')).toEqual([
      '1.yaml:2: warning: ignored-field: entry 1 (authentik_core.group): the field roles of authentik is not supported (Gatehouse has no roles; superusers are the members of superuser groups); it is ignored',
      '1.yaml:3: error: bad-expression: entry 2 "rule" (authentik_policies_expression.expressionpolicy): expression: Expression Syntax Error: odd (line 2, column 5)',
      '1 error, 1 warning',
    ]);
    expect(findings[0]).toEqual({
      ...{ file: '1.yaml', line: 2, severity: 'warning', rule: 'ignored-field' },
      entry: { number: 1, id: undefined, model: 'authentik_core.group' },
      text: 'the field roles of authentik is not supported (Gatehouse has no roles; superusers are the members of superuser groups); it is ignored',
    });
  });

  it('checks entries whose conditions are not met, and continues after an unreadable file', async () => {
    const skipped = '{model: authentik_core.group, conditions: [false], identifiers: {name: x}, attrs: {roles: []}}';
    expect(rules(await check('entries: [', entries(skipped)))).toEqual(['unreadable 1', 'ignored-field 2']);
  });

  it('counts an external stage as a credential only if the blueprint trusts its proof', async () => {
    const external = (trust: string) =>
      `{model: gatehouse_stages.remotestage, id: external, identifiers: {name: external}, attrs: {kind: x_a_b${trust}}}`;
    const lines = (trust: string) => [...without(at(20, 'password')), external(trust), at(20, 'external')];
    const advice = 'If the stage external verifies one, set its trusts_proof to true. Otherwise add a stage before it';
    for (const trust of ['', ', trusts_proof: false'])
      expect(await check(entries(...lines(trust)))).toMatchObject([
        { rule: 'login-without-credential', text: expect.stringContaining(advice) },
      ]);
    expect(await check(entries(...lines(', trusts_proof: true')))).toEqual([]);

    const embedding = IDENTIFICATION.replace('}}', ', password_stage: !KeyOf external}}');
    const embedded = (trust: string) => [
      ...[external(trust), flow(), embedding, stage('user_login'), at(10, 'identification'), at(30, 'user_login')],
    ];
    expect((await check(entries(...embedded('')))).map(({ rule }) => rule)).toEqual(['login-without-credential']);
    expect(await check(entries(...embedded(', trusts_proof: true')))).toEqual([]);
  });

  it('resolves users and groups of the files, and warns about others, which may exist in the directory', async () => {
    const user = '{model: authentik_core.user, id: ann, identifiers: {username: ann}, attrs: {name: Ann, password: x}}';
    const token =
      '{model: authentik_core.token, identifiers: {identifier: key}, attrs: {user: !KeyOf ann, intent: api}}';
    const secondEntry = user.replace('name: Ann', 'name: Anna, groups: [!Find [authentik_core.group, [name, staff]]]');
    expect(await check(entries(user, token, GROUP('users: [!KeyOf ann]'), secondEntry))).toEqual([]);
    const unknown = token.replace('!KeyOf ann', '!Find [authentik_core.user, [username, bob]]');
    expect(rules(await check(entries(unknown)))).toEqual(['not-in-files 2']);
  });
});

it('checkBlueprints reports a logout flow without stages only if a brand uses it', async () => {
  const flowOf = (slug: string) =>
    `  - {model: authentik_flows.flow, id: ${slug}, identifiers: {slug: ${slug}}, attrs: {name: N, title: T, designation: invalidation}}\n`;
  const brand =
    '  - {model: authentik_brands.brand, identifiers: {domain: a}, attrs: {flow_invalidation: !KeyOf bye}}\n';
  const text = `entries:\n${flowOf('bye')}${flowOf('provider-bye')}${brand}`;
  const found = await checkBlueprints({
    files: [{ name: 'a.yaml', text }],
    ...{ library: async () => undefined, env: {}, syntax: { check: async () => undefined } },
  });
  expect(found.map(({ rule, line, severity }) => ({ rule, line, severity }))).toEqual([
    { rule: 'empty-flow', line: 2, severity: 'error' },
  ]);
});
