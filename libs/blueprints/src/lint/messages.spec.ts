import type { ApiVersion } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { checkBlueprints } from './check-blueprints.js';

const check = async (...lines: string[]) => {
  const text = `entries:\n${lines.map((line) => `- ${line}\n`).join('')}`;
  return checkText(text);
};
const checkText = async (text: string, apiVersion?: ApiVersion) => {
  const files = [{ name: 'a.yaml', text }];
  const syntax = { check: async () => undefined };
  const findings = await checkBlueprints({
    ...{ files, library: async () => undefined, env: {}, syntax },
    ...(apiVersion && { apiVersion }),
  });
  return findings.map((finding) => `${finding.line} ${finding.severity}: ${finding.text}`);
};

const STAFF = '{model: authentik_core.group, id: who, identifiers: {name: staff}}';
const LOGIN =
  '{model: authentik_flows.flow, id: login, identifiers: {slug: login}, attrs: {name: L, title: T, designation: recovery}}';
const PAGE = '{model: authentik_stages_dummy.dummystage, id: page, identifiers: {name: page}}';
const bound = (stage: string) =>
  `{model: authentik_flows.flowstagebinding, identifiers: {target: !KeyOf login, stage: ${stage}, order: 1}}`;
const group = (attrs: string) => `{model: authentik_core.group, identifiers: {name: other}, attrs: {${attrs}}}`;
const email = (attrs: string) =>
  `{model: authentik_stages_email.emailstage, identifiers: {name: m}, attrs: {${attrs}}}`;

describe('the message about a reference', () => {
  it('to an entry of another kind names the expected kind and the entry', async () => {
    expect(await check(LOGIN, STAFF, bound('!KeyOf who'))).toContain(
      '4 error: stage: must be a stage, and `who` is an authentik_core.group (line 3)',
    );
  });

  it('to an object of another kind that !Find has found names its model', async () => {
    const found = bound('!Find [authentik_core.group, [name, other]]');
    expect(await check(LOGIN, group(''), found)).toContain(
      '4 error: stage: must be a stage, and entry 2 is an authentik_core.group (line 3)',
    );
  });

  it('to an id that no entry has names the closest id', async () => {
    expect(await check(LOGIN, PAGE, bound('!KeyOf pag'))).toContain(
      '4 error: !KeyOf: no entry has the id `pag`. Did you mean page? Ids before this entry: login, page.',
    );
  });

  it('to an object that is not in the files names the model, the values, the line of the tag and the closest value', async () => {
    const text = `entries:\n- ${PAGE}\n- ${LOGIN}\n- model: authentik_flows.flowstagebinding
  identifiers: {target: !KeyOf login, order: 1}\n  attrs:\n    stage: !Find [authentik_stages_dummy.dummystage, [name, pgae]]`;
    expect(await checkText(text)).toContain(
      '7 warning: !Find found no authentik_stages_dummy.dummystage with name "pgae" in these files, so it must exist in the installation. Did you mean name "page"?',
    );
  });

  it('with an unknown field of a user, group or token names the closest field', async () => {
    expect(await check(group('parent: !Find [authentik_core.group, [nam, staff]]'))).toEqual([
      expect.stringContaining('2 error: !Find: Invalid identifier field: nam. Did you mean name? Fields: '),
    ]);
    for (const [model, field] of [
      ['user', 'usernam'],
      ['group', 'nam'],
      ['token', 'identifer'],
    ])
      expect(await check(`{model: authentik_core.${model}, identifiers: {${field}: x}}`)).toEqual([
        expect.stringContaining(`2 error: ${field}: Invalid identifier field: ${field}. Did you mean`),
      ]);
  });

  it('with a name that another object already has names that object and its line', async () => {
    expect(await check(PAGE, '{model: authentik_stages_deny.denystage, identifiers: {name: page}}')).toEqual([
      '3 error: name: This field must be unique. The object that has it already is authentik_stages_dummy.dummystage page (entry 1, line 2).',
    ]);
  });
});

describe('the message about a value', () => {
  it.each([
    ['port: many', 'port: A valid integer is required. It is the text `many`.'],
    ['port: 70000', 'port: Ensure this value is less than or equal to 65535. It is the number `70000`.'],
    ['use_tls: [x]', 'use_tls: Must be a valid boolean. It is a list.'],
  ])('quotes the wrong value: %s', async (attrs, text) => {
    expect(await check(email(attrs))).toEqual([`2 error: ${text}`]);
  });

  it('states that a list is expected, and names the missing context key only once', async () => {
    const user = (attrs: string) =>
      `{model: authentik_core.user, identifiers: {username: a}, attrs: {name: A, ${attrs}}}`;
    expect(await check(user('groups: staff'))).toEqual(['2 error: groups: must be a list; it is the text `staff`']);
    expect(await check(user('groups: !Context nothing'))).toEqual([
      expect.stringContaining('2 error: groups: must be a list; it is empty. The context has no key nothing.'),
    ]);
  });

  it('does not quote a secret', async () => {
    const user = '{model: authentik_core.user, identifiers: {username: a}, attrs: {name: A, password_hash: 12345}}';
    expect(await check(user)).toEqual(['2 error: password_hash: must be text']);
  });

  it('reports every missing field of every entry', async () => {
    const flow = (slug: string) => `{model: authentik_flows.flow, identifiers: {slug: ${slug}}}`;
    const missing = (line: number) =>
      ['name', 'title', 'designation'].map((field) => `${line} error: ${field}: This field is required.`);
    expect(await check(flow('a'), flow('b'))).toEqual([...missing(2), ...missing(3)]);
  });

  it('for an unknown state has the line of the state', async () => {
    const text = 'entries:\n- model: authentik_core.group\n  identifiers: {name: x}\n  state: gone';
    expect(await checkText(text)).toEqual([expect.stringContaining('4 error: state: gone is not a state.')]);
  });
});

describe('a user in the checked files', () => {
  it('is found after another user was removed and a third one was created', async () => {
    const user = (name: string, more = '') =>
      `{model: authentik_core.user, identifiers: {username: ${name}}, attrs: {name: ${name}}${more}}`;
    const members = group('users: [!Find [authentik_core.user, [username, b]]]');
    expect(await check(user('a'), user('b'), user('a', ', state: absent'), user('c'), members)).toEqual([]);
  });
});

describe('a login flow that visitors reach only by a link or a redirect', () => {
  const login = (authentication: string) => `entries:
- {model: authentik_flows.flow, id: login, identifiers: {slug: login}, attrs: {name: L, title: T, designation: recovery, authentication: ${authentication}}}
- {model: authentik_stages_user_login.userloginstage, id: page, identifiers: {name: page}}
- ${bound('!KeyOf page')}
`;

  it('has no finding if it requires a link, because the link names the user', async () => {
    expect(await checkText(login('require_token'), '2026.8')).toEqual([]);
  });

  it('has a warning, but no dead end, if it requires a redirect from another flow', async () => {
    expect(await checkText(login('require_redirect'), '2026.8')).toEqual([
      '4 warning: the stage page logs users in without any credential. Only the flows that redirect to this one can ask for it',
    ]);
  });
});

describe('the message about a file', () => {
  it('without entries states that `entries` is missing', async () => {
    expect(await checkText('version: 1')).toEqual([
      'undefined error: the blueprint has no `entries`. Write `entries: []` if it shall have none',
    ]);
    expect(await checkText('version: 1\nentries: []')).toEqual([]);
  });

  it('of another version names the version that Gatehouse reads', async () => {
    expect(await checkText('version: 2\nentries: []')).toEqual([
      '1 error: version: Unsupported blueprint version: the number `2`. Gatehouse reads version 1',
    ]);
  });

  it('with a repeated id names both entries, unless they describe the same object or have conditions', async () => {
    expect(await check(PAGE, STAFF.replace('id: who', 'id: page'))).toEqual([
      '3 error: entry 1 (line 2) has the same id page. Give one of them another id',
    ]);
    expect(await check(PAGE, PAGE)).toEqual([]);
    expect(await check(PAGE, PAGE.replace('name: page', 'name: b').replace('{', '{conditions: [true], '))).toEqual([]);
  });
});
