import { randomBytes } from 'node:crypto';
import { Sealer } from '@gatehouse/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';

let harness: BlueprintHarness;
beforeAll(async () => {
  harness = await BlueprintHarness.open();
});
afterAll(() => harness?.close());
beforeEach(async () => {
  await harness.reset();
  harness.sealer = new Sealer(`a:${randomBytes(32).toString('base64')}`);
});

const FLOW =
  '{model: authentik_flows.flow, identifiers: {slug: first}, attrs: {name: N, title: A title, designation: authentication}}';
const CAPTCHA =
  '{model: authentik_stages_captcha.captchastage, id: c, identifiers: {name: c}, attrs: {public_key: shown, private_key: hush-hush}}';
const STAFF = '{model: authentik_core.group, identifiers: {name: staff}, attrs: {attributes: {team: {lead: Ada}}}}';
const USER =
  '{model: authentik_core.user, identifiers: {username: ada}, attrs: {name: Ada L, password: hush-hush, email: ada@example.org}}';
const copy = (title: string) =>
  `{model: authentik_flows.flow, identifiers: {slug: copy}, attrs: {name: N, title: ${title}, designation: authentication}}`;
const find = (model: string, pair: string) => `!FindObject [${model}, [${pair}]]`;
const titleOf = async (...lines: string[]) => {
  await harness.apply(entries(...lines));
  return (await harness.currentVersion('copy'))?.document.flow.title;
};

describe('!FindObject with !AtIndex', () => {
  it('reads a field of a flow, a group and a user', async () => {
    expect(await titleOf(FLOW, copy(`!AtIndex [${find('authentik_flows.flow', 'slug, first')}, title]`))).toBe(
      'A title',
    );
    const team = `!AtIndex [!AtIndex [${find('authentik_core.group', 'name, staff')}, attributes], team]`;
    expect(await titleOf(STAFF, copy(`!AtIndex [${team}, lead]`))).toBe('Ada');
    expect(await titleOf(USER, copy(`!AtIndex [${find('authentik_core.user', 'username, ada')}, email]`))).toBe(
      'ada@example.org',
    );
  });

  it('returns the pk of the object, which a reference field accepts', async () => {
    await harness.apply(
      entries(
        FLOW,
        CAPTCHA,
        `{model: authentik_flows.flowstagebinding, identifiers: {order: 1, target: !AtIndex [${find('authentik_flows.flow', 'slug, first')}, pk], stage: !KeyOf c}}`,
      ),
    );
    expect(await harness.stepNames('first')).toEqual(['c']);
  });

  it.each([
    [CAPTCHA, find('authentik_stages_captcha.captchastage', 'name, c'), 'private_key'],
    [USER, find('authentik_core.user', 'username, ada'), 'password'],
    [USER, find('authentik_core.user', 'username, ada'), 'password_hash'],
  ])('does not read a secret: entry %#', async (entry, found, field) => {
    const message = `4: entry 3 (authentik_flows.flow): !AtIndex: the map has no key ${field}.`;
    const refused = titleOf(FLOW, entry, copy(`!AtIndex [${found}, ${field}]`));
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.not.toThrow('hush-hush');
  });

  it('throws if no object is found, unless there is a default', async () => {
    const missing = find('authentik_core.group', 'name, stuff');
    expect(await titleOf(STAFF, copy(`!AtIndex [${missing}, name, nobody]`))).toBe('nobody');
    await expect(titleOf(STAFF, copy(`!AtIndex [${missing}, name]`))).rejects.toThrow(
      '!AtIndex needs a list or a map; it is empty',
    );
    const { files } = await harness.apply(
      entries(`{model: authentik_core.group, identifiers: {name: all}, attrs: {attributes: {a: ${missing}}}}`),
    );
    expect(files[0]?.warnings.join()).toContain('!FindObject found no authentik_core.group with name "stuff"');
  });

  it('refuses objects of models that it cannot read, such as tokens', async () => {
    const token = find('authentik_core.token', 'identifier, x');
    await expect(titleOf(copy(`!AtIndex [${token}, key, x]`))).resolves.toBe('x');
    const made =
      '{model: authentik_core.token, identifiers: {identifier: x}, attrs: {intent: api, key: hush-hush, user: !Find [authentik_core.user, [username, ada]]}}';
    await expect(titleOf(USER, made, copy(`!AtIndex [${token}, key]`))).rejects.toThrow(
      '!FindObject cannot read objects of authentik_core.token',
    );
  });

  it('cannot read users and groups in a change of flows', async () => {
    await harness.apply(entries(STAFF));
    const group = copy(`!AtIndex [${find('authentik_core.group', 'name, staff')}, name]`);
    await expect(harness.applyAs({ scope: 'flows' }, entries(group))).rejects.toThrow(
      '!FindObject cannot read objects of authentik_core.group',
    );
  });
});

describe('!File', () => {
  it('is refused in a run without a folder of files, such as a run of the API', async () => {
    await expect(titleOf(copy('!File title.txt'))).rejects.toThrow(
      '2: entry 1 (authentik_flows.flow): !File is refused. Only commands and the first start read files',
    );
    await expect(titleOf(copy('!File [title.txt, a default]'))).rejects.toThrow('!File is refused');
  });
});
