import { createHash } from 'node:crypto';
import type { Invitation, StagesInvitationInvitationsListRequest } from '@goauthentik/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  DUMMY,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { officialClient } from '../support/official-client.js';
import { asking, fieldEntry, writing } from '../support/prompts.js';
import { recordedEvents } from '../support/recorded-events.js';

const INVITATIONS = '/api/v3/stages/invitation/invitations/';
const JSON_TYPE = { 'content-type': 'application/json' };

let deployment: Deployment;
let admin: Browser;
beforeAll(async () => {
  deployment = await Deployment.open({
    services: ['identification', 'password', 'session', 'enrollment'],
    blueprints: [
      blueprint(
        ...[userEntry('admin'), userEntry('tara')],
        { ...groupEntry('admins'), attrs: { is_superuser: true, users: [keyOf('user admin')] } },
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        ...[fieldEntry('new', ['username', 'username']), fieldEntry('new', ['name', 'text'])],
        flowEntries('invited', [
          ...[{ stage: 'invitation.invitationstage' }, asking('new', ['username', 'name'])],
          ...[writing('always_create'), LOGIN],
        ]),
        flowEntries('other', [{ stage: 'invitation.invitationstage' }, DUMMY]),
      ),
    ],
  });
  admin = await login('admin');
}, 120_000);
afterAll(() => deployment?.close());

async function login(username: string): Promise<Browser> {
  const browser = deployment.browser();
  await browser.solve('login', { uid_field: username });
  await browser.solve('login', { password: 'correct-horse-7' });
  return browser;
}
const userRow = async (username: string) =>
  (await deployment.rows<Record<string, unknown>>('SELECT * FROM directory.users WHERE username = $1', [username]))[0];

const ADMIN = { type: 'user', username: 'admin' };
/** Returns the events about changes of invitations: first of the created, then of the changed, then of the deleted. */
const changeEvents = async () => [
  ...(await recordedEvents(deployment, 'invitation_created')),
  ...(await recordedEvents(deployment, 'invitation_changed')),
  ...(await recordedEvents(deployment, 'invitation_deleted')),
];

describe('an invitation', () => {
  const send = (address: string, method: string, body: object) =>
    admin.fetch(address, { method, headers: JSON_TYPE, body: JSON.stringify(body) });
  const create = (body: object) => send(INVITATIONS, 'POST', body);

  it('is not used up by mail scanners, and lets one of two concurrent visitors enrol', async () => {
    const created = await create({ name: 'friends', single_use: true, fixed_data: { attributes: { team: 'b' } } });
    const query = `itoken=${String(created.body['pk'])}`;
    await deployment.browser().show('invited', query);
    const [first, second] = [deployment.browser(), deployment.browser()];
    for (const browser of [first, second]) await browser.show('invited', query);
    const answers = await Promise.all([
      first.solve('invited', { username: 'ulla', name: 'Ulla' }, query),
      second.solve('invited', { username: 'vera', name: 'Vera' }, query),
    ]);
    const components = new Set(answers.map(({ body }) => body['component']));
    expect(components).toEqual(new Set(['ak-stage-access-denied', 'xak-flow-redirect']));
    const rows = await deployment.rows(`SELECT FROM directory.users WHERE username IN ('ulla', 'vera')`);
    expect(rows).toHaveLength(1);
  });

  it('is also used up at the end of a flow that creates no user', async () => {
    const created = await create({ name: 'friends', single_use: true });
    const query = `itoken=${String(created.body['pk'])}`;
    const [first, second] = [deployment.browser(), deployment.browser()];
    for (const browser of [first, second]) await browser.show('other', query);
    expect((await first.solve('other', {}, query)).body).toMatchObject({ component: 'xak-flow-redirect' });
    expect((await second.solve('other', {}, query)).body).toMatchObject({
      ...{ component: 'ak-stage-access-denied', error_message: 'Invalid invite/invite not found' },
    });
  });

  it('is created by an administrator, and lets one visitor enrol with the fixed data of the invitation', async () => {
    const created = await create({
      name: 'friends',
      single_use: true,
      fixed_data: { name: 'Sven', attributes: { team: 'a' } },
    });
    expect(created).toMatchObject({ status: 201, body: { name: 'friends', single_use: true, flow: null } });
    const query = `itoken=${String(created.body['pk'])}`;
    const browser = deployment.browser();
    expect((await browser.show('invited', query)).body).toMatchObject({
      fields: [{ field_key: 'username' }, { field_key: 'name', type: 'text_read_only', initial_value: 'Sven' }],
    });
    const done = await browser.solve('invited', { username: 'sven', name: 'Mallory' }, query);
    expect(done.body).toMatchObject({ component: 'xak-flow-redirect' });
    expect((await browser.fetch('/api/v3/core/users/me/')).body).toMatchObject({ user: { username: 'sven' } });
    expect(await userRow('sven')).toMatchObject({ name: 'Sven', attributes: { team: 'a' } });
    const denied = { component: 'ak-stage-access-denied', error_message: 'Invalid invite/invite not found' };
    expect((await deployment.browser().show('invited', query)).body).toMatchObject(denied);
  });

  it('for multiple use is identified in the event of its use by name and reference, not by its secret', async () => {
    const created = await create({ name: 'open-day', single_use: false });
    const pk = String(created.body['pk']);
    const browser = deployment.browser();
    await browser.show('invited', `itoken=${pk}`);
    await browser.solve('invited', { username: 'wilma', name: 'Wilma' }, `itoken=${pk}`);
    const made = (await changeEvents()).find(({ data }) => data.context['name'] === 'open-day')!;
    const used = (await recordedEvents(deployment, 'invitation_used')).map(({ data }) => data.context);

    expect(used).toContainEqual({ name: 'open-day', reference: made.data.context['reference'] });
    expect(JSON.stringify([made, used]).replaceAll('-', '')).not.toContain(pk.replaceAll('-', ''));
  });

  it('for one flow is invalid in other flows (accident 4)', async () => {
    const [row] = await deployment.rows<{ id: string }>(`SELECT id FROM flow.flows WHERE slug = 'invited'`);
    const created = await create({ name: 'bound', flow: row!.id });
    const query = `itoken=${String(created.body['pk'])}`;
    expect((await deployment.browser().show('other', query)).body).toMatchObject({
      component: 'ak-stage-access-denied',
    });
    expect((await deployment.browser().show('invited', query)).body).toMatchObject({ component: 'ak-stage-prompt' });
  });

  it('can be read and changed by administrators, and omitted fields are kept', async () => {
    const created = await create({ name: 'before', single_use: true, expires: '2100-01-01T00:00:00Z' });
    const address = `${INVITATIONS}${String(created.body['pk'])}/`;
    const change = (method: string, body: object) => send(address, method, body);
    expect((await admin.fetch(address)).body).toEqual(created.body);
    const patched = await change('PATCH', { fixed_data: { name: 'Wim' } });
    expect(patched).toMatchObject({ status: 200, body: { ...created.body, fixed_data: { name: 'Wim' } } });
    expect((await change('PUT', { name: 'after' })).body).toEqual({ ...patched.body, name: 'after' });
    expect(await change('PUT', {})).toMatchObject({ status: 400, body: { name: ['This field is required.'] } });
    expect(await change('PATCH', { fixed_data: { a: 'x\u0000' } })).toMatchObject({ status: 400 });
    for (const unknownId of ['5f0c8a52-6b5e-4a0e-8c56-0d1c2b3a4f01', 'no-uuid'])
      expect((await admin.fetch(`${INVITATIONS}${unknownId}/`)).status).toBe(404);
  });

  it('writes one event for each change, which names the administrator and not the secret of the invitation', async () => {
    const created = await create({ name: 'audited', single_use: true, expires: '2100-01-01T00:00:00Z' });
    const pk = String(created.body['pk']);
    const address = `${INVITATIONS}${pk}/`;
    expect((await send(address, 'PUT', {})).status).toBe(400);
    await send(address, 'PATCH', { name: 'renamed' });
    for (let i = 0; i < 2; i++) await admin.fetch(address, { method: 'DELETE' });
    const names = ['audited', 'renamed'];
    const made = (await changeEvents()).filter(({ data }) => names.includes(String(data.context['name'])));
    const reference = createHash('sha256').update(pk).digest('hex').slice(0, 16);
    const context = { flow: null, single_use: true, expires: '2100-01-01T00:00:00.000Z', reference };

    expect(made.map(({ data }) => [data.action, data.actor, data.user, data.context])).toEqual([
      ['invitation_created', expect.objectContaining(ADMIN), null, { ...context, name: 'audited' }],
      ['invitation_changed', expect.objectContaining(ADMIN), null, { ...context, name: 'renamed' }],
      ['invitation_deleted', expect.objectContaining(ADMIN), null, { ...context, name: 'renamed' }],
    ]);
    expect(JSON.stringify(made)).not.toContain(pk);
  });

  it('can be listed and deleted by administrators', async () => {
    const created = await create({ name: 'brief', expires: '2100-01-01T00:00:00Z' });
    const { body } = await admin.fetch(INVITATIONS);
    expect(body['results']).toContainEqual(created.body);
    const address = `${INVITATIONS}${String(created.body['pk'])}/`;
    expect((await admin.fetch(address, { method: 'DELETE' })).status).toBe(204);
    expect((await admin.fetch(address, { method: 'DELETE' })).status).toBe(404);
    const query = `itoken=${String(created.body['pk'])}`;
    expect((await deployment.browser().show('invited', query)).body).toMatchObject({
      component: 'ak-stage-access-denied',
    });
  });

  describe('in the list, read by a generated client,', () => {
    const listNames = async (filter: StagesInvitationInvitationsListRequest) => {
      const { results, pagination } = await officialClient(admin).stages.stagesInvitationInvitationsList(filter);
      expect(pagination.count).toBe(results.length);
      return results.map(({ name }) => name);
    };
    const [early, late] = [new Date('2201-01-01T00:00:00.125Z'), new Date('2202-01-01T00:00:00Z')];
    let invited: string;
    beforeAll(async () => {
      const [row] = await deployment.rows<{ id: string }>(`SELECT id FROM flow.flows WHERE slug = 'invited'`);
      invited = row!.id;
      await create({ name: 'early', expires: early, flow: invited });
      await create({ name: 'late', expires: late, fixed_data: { name: 'Ada' } });
      await deployment.rows(
        `INSERT INTO directory.invitations (name, expires, created_by)
         SELECT 'late_of_tara', $1, id FROM directory.users WHERE username = 'tara'`,
        [late],
      );
      await deployment.rows(`UPDATE directory.users SET last_login = $1 WHERE username = 'admin'`, [early]);
    });

    it('is shown with its creator and its flow', async () => {
      const { results } = await officialClient(admin).stages.stagesInvitationInvitationsList({ name: 'early' });
      expect(results).toMatchObject([
        {
          ...{ name: 'early', expires: early, fixedData: {}, singleUse: false, flow: invited },
          createdBy: { username: 'admin', isActive: true, lastLogin: early, attributes: {} },
          flowObj: {
            ...{ pk: invited, slug: 'invited', designation: 'authentication', stages: expect.any(Array) },
            ...{ policies: [], policyEngineMode: 'any', layout: 'stacked', deniedAction: 'message_continue' },
          },
        },
      ]);
      const [{ createdBy, flowObj }] = results as [Invitation];
      const me = await officialClient(admin).core.coreUsersMeRetrieve();
      expect(createdBy).toMatchObject({ pk: me.user.pk, uid: me.user.uid });
      expect(flowObj.stages).toHaveLength(4);
      const created = await create({ name: 'elsewhere' });
      expect(created.body).toMatchObject({ flow: null, flow_obj: null });
    });

    it.each<[StagesInvitationInvitationsListRequest, string[]]>([
      [{ name: 'late' }, ['late']],
      [{ name: 'LATE' }, []],
      [{ name: ' ', search: 'late' }, ['late_of_tara', 'late']],
      [{ search: 'LATE tara' }, ['late_of_tara']],
      [{ search: '_of_' }, ['late_of_tara']],
      [{ search: '2201-01,Vited' }, ['early']],
      [{ search: '%' }, []],
      [{ search: ' ', name: 'early' }, ['early']],
      [{ createdByUsername: 'tara' }, ['late_of_tara']],
      [{ expires: early }, ['early']],
      [{ flowSlug: 'invited', search: 'early' }, ['early']],
      [{ flowSlug: 'nowhere' }, []],
      [{ expires: late, ordering: 'created_by' }, ['late', 'late_of_tara']],
      [{ expires: late, ordering: '-created_by' }, ['late_of_tara', 'late']],
      [{ search: 'l', expires: late, ordering: '-nothing,name' }, ['late', 'late_of_tara']],
      [{ search: '220', ordering: 'expires,-name' }, ['early', 'late_of_tara', 'late']],
      [{ search: '220' }, ['late_of_tara', 'late', 'early']],
    ])('is found by the filter %j: %j', async (filter, names) => {
      expect(await listNames(filter)).toEqual(names);
    });

    it('cannot be filtered by an invalid text or time', async () => {
      expect(await admin.fetch(`${INVITATIONS}?expires=tomorrow&name=a%00`)).toMatchObject({
        status: 400,
        body: { expires: ['Enter a valid date/time.'], name: ['Null characters are not allowed.'] },
      });
    });
  });

  it.each([
    [{}, 'name'],
    [{ name: 'no slug' }, 'name'],
    [{ name: 'a', fixed_data: [] }, 'fixed_data'],
    [{ name: 'a', fixed_data: { a: 'x'.repeat(40_000) } }, 'fixed_data'],
    [{ name: 'a', expires: 'tomorrow' }, 'expires'],
    [{ name: 'a', flow: '5f0c8a52-6b5e-4a0e-8c56-0d1c2b3a4f01' }, 'flow'],
  ])('cannot be created from %j', async (body, field) => {
    const { status, body: errors } = await create(body);
    expect(status).toBe(400);
    expect(Object.keys(errors)).toEqual([field]);
  });

  it.each([
    [{ expires: '2100-01-01' }, { expires: '2100-01-01T00:00:00.000Z' }],
    [{ expires: '2100-01-01 12:30+02:00' }, { expires: '2100-01-01T10:30:00.000Z' }],
    [{ flow: '' }, { flow: null }],
    [{ single_use: 'true' }, { single_use: true }],
  ])('can be created from form values %j', async (formValues, saved) => {
    expect(await create({ name: 'written', ...formValues })).toMatchObject({ status: 201, body: saved });
  });

  it('cannot be created or changed by a body that is no JSON object or has invalid fields', async () => {
    const { body } = await create({ name: 'kept' });
    const address = `${INVITATIONS}${String(body['pk'])}/`;
    const stored = () => deployment.rows('SELECT * FROM directory.invitations ORDER BY id');
    const before = await stored();
    for (const [method, path] of [
      ['POST', INVITATIONS],
      ['PUT', address],
      ['PATCH', address],
    ] as const) {
      const sent = (text: string, headers = JSON_TYPE) => admin.fetch(path, { method, headers, body: text });
      expect(await sent('{bad')).toMatchObject({ status: 400, body: { code: 'malformed_json' } });
      expect(await sent('name=other', { 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
      expect(await sent('[]')).toMatchObject({
        status: 400,
        body: { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] },
      });
      expect(await sent('{"name": "other", "flow": "x", "expires": "tomorrow"}')).toMatchObject({
        status: 400,
        body: { flow: ['“x” is not a valid UUID.'], expires: [expect.stringMatching(/^Datetime has wrong format/)] },
      });
    }
    expect(await stored()).toEqual(before);
  });

  it('is not accessible to ordinary users and anonymous visitors', async () => {
    const member = await login('tara');
    const post = { method: 'POST', headers: JSON_TYPE, body: '{"name": "mine"}' };
    for (const browser of [member, deployment.browser()]) {
      expect((await browser.fetch(INVITATIONS)).status).toBe(403);
      expect((await browser.fetch(INVITATIONS, post)).status).toBe(403);
      const invitation = `${INVITATIONS}5f0c8a52-6b5e-4a0e-8c56-0d1c2b3a4f01/`;
      for (const method of ['GET', 'PATCH', 'DELETE'])
        expect(
          (await browser.fetch(invitation, { ...post, method, body: method === 'GET' ? null : '{}' })).status,
        ).toBe(403);
    }
  });
});
