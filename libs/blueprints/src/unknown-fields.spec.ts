import { describe, expect, it } from 'vitest';
import { checkBlueprints } from './lint/check-blueprints.js';
import { formatFindings } from './lint/finding.js';

const syntax = { check: async () => undefined };
const check = async (text: string, options: { lenient?: boolean } = {}) =>
  checkBlueprints({
    files: [{ name: 'a.yaml', text }],
    library: async () => undefined,
    ...{ env: {}, syntax, ...options },
  });
const lines = async (text: string, options?: { lenient?: boolean }) =>
  formatFindings(await check(text, options))
    .split('\n')
    .slice(0, -1);
const entry = (model: string, attrs: string) => `entries:
  - model: ${model}
    identifiers: {name: x}
    attrs: {${attrs}}`;
const dummy = (attrs: string) => entry('authentik_stages_dummy.dummystage', attrs);

describe('a key that a blueprint cannot have', () => {
  const typos: [where: string, text: string, finding: { line: number; message?: string }][] = [
    [
      'the document',
      'version: 1\nentries:\nentrie: []',
      { line: 3, message: 'a blueprint has no key entrie. Did you mean entries? Keys: version' },
    ],
    [
      'the metadata',
      'metadata:\n  name: a\n  label: {}\nentries:',
      { line: 3, message: 'the metadata has no key label. Did you mean labels? Keys: name' },
    ],
    [
      'an entry',
      'entries:\n  - model: authentik_stages_dummy.dummystage\n    identifiers: {name: x}\n    atrs: {}',
      {
        line: 4,
        message: 'an entry has no key atrs. Did you mean attrs? Keys: model, state, identifiers, attrs, id, conditions',
      },
    ],
    [
      'attrs',
      dummy('throw_eror: true'),
      {
        line: 4,
        message: 'throw_eror: the model has no field throw_eror. Did you mean throw_error? Fields: throw_error, name.',
      },
    ],
    [
      'identifiers',
      'entries:\n  - model: authentik_stages_dummy.dummystage\n    identifiers: {nam: x}',
      { line: 3, message: 'nam: Invalid identifier field: nam. Did you mean name? Fields: throw_error, name.' },
    ],
  ];

  it.each(typos)(
    'in %s is an error with the line, the closest key and all keys',
    async (_, text, { line, message = '' }) => {
      const [finding] = await check(text);
      expect(finding).toMatchObject({ line, severity: 'error', rule: 'unknown-field' });
      expect(finding?.text).toContain(message);
    },
  );

  it.each(typos.slice(0, -1))('in %s is ignored with a warning in a lenient run', async (_, text, { line }) => {
    const [finding] = await check(text, { lenient: true });
    expect(finding).toMatchObject({ line, severity: 'warning', rule: 'ignored-field' });
  });

  it('is allowed at the top level if it starts with x-, so that it can hold anchors', async () => {
    expect(await lines(`x-anchors: [&on true]\n${dummy('throw_error: *on')}`)).toEqual([]);
  });

  it('is reported together with the other mistakes of the entry', async () => {
    const found = await check(`${dummy('a: 1, b: 2, throw_error: 7')}`);
    expect(found.map(({ rule }) => rule)).toEqual(['unknown-field', 'unknown-field', 'invalid-value']);
  });

  it('may end with a lookup in identifiers, but not in attrs', async () => {
    const looked = 'identifiers: {name__startswith: a}, attrs: {name: b}';
    expect(await lines(`entries:\n  - {model: authentik_stages_dummy.dummystage, ${looked}}`)).toEqual([]);
    expect(await lines(dummy('name__startswith: a'))).toHaveLength(1);
  });
});

describe('a field of authentik that Gatehouse does not have', () => {
  const OAUTH = 'authentik_providers_oauth2.oauth2provider';

  it('is ignored with a warning if no login needs it', async () => {
    expect(await lines(entry('authentik_core.application', 'slug: x, meta_icon: y'))).toEqual([
      'a.yaml:4: warning: ignored-field: entry 1 (authentik_core.application): the field meta_icon of authentik is not supported (Gatehouse has no page with applications); it is ignored',
    ]);
  });

  it('is an error if more users would pass without it, unless it is empty or the run is lenient', async () => {
    const text = (value: string) => entry(OAUTH, `grant_types: ${value}`);
    const rules = async (...args: Parameters<typeof check>) => (await check(...args)).map(({ rule }) => rule);
    expect(await lines(text('[implicit]'))).toEqual([
      'a.yaml:4: error: unknown-field: entry 1 (authentik_providers_oauth2.oauth2provider): grant_types: the field grant_types of authentik is not supported, and the object would work differently without it: it says which grants the client may use. Remove it, or ignore it with --lenient',
    ]);
    expect(await rules(text('[]'))).toEqual(['ignored-field']);
    expect(await rules(text('[implicit]'), { lenient: true })).toEqual(['ignored-field']);
    const ending = 'expiring: true, expires: "2030-01-01T00:00:00Z"';
    const found = (await lines(entry('authentik_policies.policybinding', ending))).join();
    for (const field of ['expiring', 'expires'])
      expect(found).toContain(
        `the field ${field} of authentik is not supported, and the object would work differently`,
      );
  });
});

describe('a value that is not one of the choices', () => {
  it.each([
    ['authentik_flows.flow', 'slug: x, title: x, designation: authenticaton', 'Did you mean authentication? Choices: '],
    ['authentik_core.user', 'username: x, type: intern', 'Choices: '],
    ['authentik_stages_identification.identificationstage', 'user_fields: [mail]', 'Did you mean email? Choices: '],
    [
      'authentik_stages_email.emailstage',
      'template: email/password_rest.html',
      'Did you mean email/password_reset.html?',
    ],
    ['authentik_stages_dummy.dummystag', '', 'Did you mean authentik_stages_dummy.dummystage?'],
    [
      'authentik_stages_mtls.mutualtlsstage',
      '',
      'is not supported, and no run skips it, because flows depend on it: it lets only visitors with a client certificate pass.',
    ],
    ['authentik_endpoints.endpointstage', '', 'it lets only visitors at a managed device pass.'],
    ['authentik_sources_telegram.telegramsource', '', 'users log in with Telegram through it'],
  ])('in %s is an error with the closest choice and all choices', async (model, attrs, message) => {
    expect((await lines(entry(model, attrs))).join('\n')).toContain(message);
  });

  it('in the attributes of a brand is an error with the closest key and all keys', async () => {
    const attributes = 'attributes: {gatehouse: {colors: {}}}';
    expect(
      await lines(`entries:\n  - {model: authentik_brands.brand, identifiers: {domain: x}, attrs: {${attributes}}}`),
    ).toEqual([
      expect.stringContaining(
        'attributes: gatehouse: there is no key colors. Did you mean colours? Keys: authentication_flow_only, ',
      ),
    ]);
  });

  it('as a state is an error with the closest state and all states', async () => {
    const text = `${dummy('')}\n    state: presnt`;
    expect(await lines(text)).toEqual([
      expect.stringContaining('presnt is not a state. Did you mean present? States: present, created, must_created'),
    ]);
  });
});
