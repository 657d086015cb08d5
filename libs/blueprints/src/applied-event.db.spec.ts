import { createHash, randomBytes } from 'node:crypto';
import type { CommandName } from '@gatehouse/contracts';
import { CommandEventRecorder } from '@gatehouse/outbox';
import { Sealer } from '@gatehouse/platform';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Deployment } from '../../../test/support/deployment.js';
import { recordedEvents } from '../../../test/support/recorded-events.js';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';

const sealing = { SEAL_KEYS: `k:${randomBytes(32).toString('base64')}` };
let harness: BlueprintHarness;
beforeAll(async () => {
  harness = await BlueprintHarness.open();
});
afterAll(() => harness.close());
beforeEach(() => harness.query('DELETE FROM flow.outbox'));

const recorder = (command: CommandName = 'blueprint apply') =>
  new CommandEventRecorder(command, new Sealer(sealing.SEAL_KEYS));
const apply = (...texts: string[]) => harness.applyAs({ events: recorder() }, ...texts);
const rows: Deployment['rows'] = (sql, values) => harness.query(sql, values);
const contexts = async (action: string) =>
  (await recordedEvents({ rows, sealing }, action)).map(({ data }) => data.context);

const deny = (name: string, message: string, state = 'present') =>
  `{model: authentik_stages_deny.denystage, state: ${state}, identifiers: {name: ${name}}, attrs: {deny_message: ${message}}}`;
const invitation = (attrs: string, state = 'present') =>
  `{model: authentik_stages_invitation.invitation, state: ${state}, identifiers: {name: friends}, attrs: {${attrs}}}`;

it('a run counts the objects that it creates, changes and deletes, and names only files with changes', async () => {
  await apply(entries(deny('a', 'one'), deny('b', 'one')), entries(deny('c', 'one')));
  const texts = [entries(deny('a', 'two'), deny('d', 'one'), deny('b', 'one', 'absent')), entries(deny('c', 'one'))];
  await apply(...texts);
  expect(await harness.query('SELECT DISTINCT topic FROM flow.outbox')).toEqual([
    { topic: 'events.blueprint_applied' },
  ]);
  const digest = createHash('sha256').update(texts[0]!).digest('hex');
  expect(await contexts('blueprint_applied')).toMatchObject([
    { created: 3, files: [{ name: '1.yaml' }, { name: '2.yaml' }] },
    { created: 1, changed: 1, deleted: 1, files: [{ name: '1.yaml', digest }], flows: [] },
  ]);
});

it('a run that changes nothing, only compares, or fails writes no event', async () => {
  await apply(entries(deny('same', 'one'), invitation('expires: "2100-01-01T00:00:00Z"')));
  await harness.query('DELETE FROM flow.outbox');
  await apply(entries(deny('same', 'one')));
  await harness.applyAs(
    { events: recorder(), mode: 'compare' },
    entries(deny('same', 'two'), invitation('', 'absent')),
  );
  const withoutKeys = new CommandEventRecorder('blueprint update', undefined);
  await harness.applyAs({ events: withoutKeys, mode: 'compare' }, entries(deny('same', 'two')));
  expect(withoutKeys.hasUnrecorded).toBe(false);
  await expect(
    apply(
      entries(deny('same', 'two'), invitation('', 'absent')),
      '{entries: [{model: nonsense, identifiers: {name: x}}]}',
    ),
  ).rejects.toThrow('not a supported model');
  expect(await harness.query('SELECT topic FROM flow.outbox')).toEqual([]);
  await apply(entries(invitation('', 'absent')));
});

it('a run writes an event without the id for each invitation that it creates, changes or deletes', async () => {
  const texts = ['single_use: true', 'single_use: true', 'single_use: false'].map((attrs) =>
    entries(invitation(attrs)),
  );
  for (const text of texts) await apply(text);
  const [stored] = await harness.query<{ id: string }>('SELECT id FROM directory.invitations');
  await apply(entries(invitation('', 'absent')));
  const facts = {
    name: 'friends',
    flow: null,
    expires: expect.any(String),
    reference: expect.stringMatching(/^[0-9a-f]{16}$/),
  };
  expect(await contexts('invitation_created')).toEqual([{ ...facts, single_use: true }]);
  expect(await contexts('invitation_changed')).toEqual([{ ...facts, single_use: false }]);
  expect(await contexts('invitation_deleted')).toEqual([{ ...facts, single_use: false }]);
  expect(await contexts('blueprint_applied')).toHaveLength(3);
  const events = await Promise.all(
    ['invitation_created', 'invitation_deleted', 'blueprint_applied'].map((a) => recordedEvents({ rows, sealing }, a)),
  );
  expect(JSON.stringify(events)).not.toMatch(new RegExp(`${stored!.id}|${stored!.id.replaceAll('-', '')}`));
  expect(events[1]).toMatchObject([{ data: { actor: { type: 'system', command: 'blueprint apply' }, user: null } }]);
});

it('a run writes an event for each user whom it disables or enables, and for each replaced password', async () => {
  const user = (attrs: string) =>
    entries(`{model: authentik_core.user, identifiers: {username: sue}, attrs: {name: Sue, ${attrs}}}`);
  const steps = ['is_active: true, password: one', 'is_active: false', 'is_active: false, password: two'];
  for (const attrs of [...steps, 'is_active: true, password: two', "password_hash: '!gone'", 'email: sue@example.org'])
    await apply(user(attrs));
  expect(await contexts('user_write')).toEqual([
    { is_active: false, created: false },
    { is_active: true, created: false },
  ]);
  expect(await contexts('password_set')).toEqual([{}, { unusable: true }]);
  const [disabled] = await recordedEvents({ rows, sealing }, 'user_write');
  expect(disabled?.data).toMatchObject({
    actor: { type: 'system', command: 'blueprint apply' },
    user: { kind: 'saved', username: 'sue' },
  });
  const [stored] = await harness.query<{ id: string }>(`SELECT id FROM directory.users WHERE username = 'sue'`);
  expect(disabled?.data.user).toMatchObject({ uuid: stored!.id });
  expect(JSON.stringify(await recordedEvents({ rows, sealing }, 'user_write'))).not.toContain('hash');
});

it('the event of a run over very many files has the counts, but no list of files', async () => {
  await apply(...Array.from({ length: 900 }, (_, i) => entries(deny(`many-${i}`, 'one'))));
  expect(await contexts('blueprint_applied')).toEqual([
    { created: 900, changed: 0, deleted: 0, flows: [], left_out: ['files'] },
  ]);
});
