import { randomBytes } from 'node:crypto';
import { Sealer } from '@gatehouse/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlueprintHarness, entries } from '../testing/blueprint-harness.js';
import { BlueprintError } from './blueprint-error.js';
import { FlowChangeBusyError } from './typeorm-blueprint-lock.js';
import { changeFlows, RunTimeoutError } from './typeorm-flow-transaction.js';

let harness: BlueprintHarness;
beforeAll(async () => {
  harness = await BlueprintHarness.open();
  harness.sealer = new Sealer(`one:${randomBytes(32).toString('base64')}`);
});
afterAll(() => harness?.close());
beforeEach(() => harness.reset());

const applyFlows = (...lines: string[]) => harness.applyAs({ scope: 'flows' }, entries(...lines));
const ann = (state: string) =>
  `{model: authentik_core.user, id: ann, state: ${state}, identifiers: {username: ann}, attrs: {name: Ann, password: pw}}`;
const staff = (state: string, attrs = '') =>
  `{model: authentik_core.group, id: staff, state: ${state}, identifiers: {name: staff}, attrs: {${attrs}}}`;
const hub = (name: string, state = 'present') =>
  `{model: authentik_sources_oauth.oauthsource, state: ${state}, identifiers: {slug: hub}, attrs: {name: ${name}, provider_type: discord, consumer_key: key, consumer_secret: made-up}}`;
const flow =
  '{model: authentik_flows.flow, id: flow, identifiers: {slug: login}, attrs: {name: N, title: T, designation: authentication}}';
const deny =
  '{model: authentik_stages_deny.denystage, id: deny, identifiers: {name: deny}, attrs: {deny_message: stop}}';
const step =
  '{model: authentik_flows.flowstagebinding, identifiers: {target: !KeyOf flow, stage: !KeyOf deny, order: 1}}';
const forStaff =
  '{model: authentik_policies.policybinding, identifiers: {target: !KeyOf flow, group: !KeyOf staff, order: 1}}';
const bound = (target: string) =>
  `{model: authentik_policies.policybinding, identifiers: {target: !KeyOf flow, ${target}, order: 1}}`;

describe('a run for flows only', () => {
  it('publishes a flow with its stages and bindings, and may name existing groups and users', async () => {
    await harness.apply(entries(staff('present'), ann('present')));
    const { published } = await applyFlows(staff('created'), ann('created'), flow, deny, step, forStaff);
    expect(published).toMatchObject([{ slug: 'login', number: 1 }]);
    expect(await harness.query('SELECT password_hash FROM directory.users')).toEqual([{ password_hash: 'hash of pw' }]);
  });

  it.each([
    ['a new user', ann('present'), 'no object has these identifiers, and it would create one'],
    ['a new user with the state created', ann('created'), 'no object has these identifiers'],
    ['a new group of superusers', staff('present', 'is_superuser: true'), 'must not contain authentik_core.group'],
    [
      'a token',
      '{model: authentik_core.token, identifiers: {identifier: mine}, attrs: {intent: api, user: 1}}',
      'must not contain authentik_core.token: it is not part of a flow',
    ],
    [
      'an invitation',
      '{model: authentik_stages_invitation.invitation, identifiers: {name: friends}}',
      'must not contain authentik_stages_invitation.invitation',
    ],
    [
      'a search for a token',
      '{model: authentik_flows.flow, identifiers: {slug: !Find [authentik_core.token, [identifier, mine]]}, attrs: {name: N, title: T, designation: authentication}}',
      'must not contain authentik_core.token',
    ],
    ['a new source', hub('Hub'), 'must not contain authentik_sources_oauth.oauthsource: it would create hub'],
    [
      'an application',
      '{model: authentik_core.application, identifiers: {slug: shop}, attrs: {name: Shop}}',
      'must not contain authentik_core.application: it would create shop',
    ],
  ])('refuses %s, with the name of the model, and changes nothing', async (_name, line, message) => {
    await expect(applyFlows(flow, line)).rejects.toThrow(message);
    expect(await harness.query('SELECT FROM flow.objects')).toEqual([]);
    expect(await harness.query('SELECT FROM directory.users UNION ALL SELECT FROM directory.groups')).toEqual([]);
  });

  it.each([
    ['a user', '{model: authentik_core.user, state: created, identifiers: {username: "a\\0b"}}'],
    ['attributes of a user', '{model: authentik_core.user, state: created, identifiers: {attributes: {"a\\0b": 1}}}'],
    ['a group', '{model: authentik_core.group, state: created, identifiers: {attributes: {x: "a\\ud800b"}}}'],
    ['a bound user', bound('user: !Find [authentik_core.user, [username, "a\\0b"]]')],
    ['a bound group', bound('group: !Find [authentik_core.group, [name, "a\\0b"]]')],
  ])('refuses NUL and lone surrogates in the identifiers of %s with a BlueprintError', async (_name, line) => {
    await expect(applyFlows(flow, line)).rejects.toThrow(BlueprintError);
  });

  it('refuses to change or remove users, groups and sources', async () => {
    await harness.apply(entries(staff('present'), ann('present'), hub('Hub')));
    await expect(applyFlows(staff('present', 'is_superuser: true'))).rejects.toThrow('staff may only be named');
    await expect(applyFlows(ann('absent'))).rejects.toThrow('authentik_core.user: it would remove ann');
    await expect(applyFlows(hub('Other'))).rejects.toThrow('it would change hub');
    await expect(applyFlows(hub('Hub', 'absent'))).rejects.toThrow('it would remove hub');
    expect(await harness.query('SELECT is_superuser FROM directory.groups')).toEqual([{ is_superuser: false }]);
  });

  it('accepts the entry of a source that leaves the source as it is', async () => {
    await harness.apply(entries(hub('Hub')));
    expect((await applyFlows(hub('Hub'))).isChanged).toBe(false);
  });
});

it('a run with a time limit fails while another run changes flows', async () => {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  let startRecording = () => {};
  const recording = new Promise<void>((resolve) => (startRecording = resolve));
  const record = () => {
    startRecording();
    return released;
  };
  const first = harness.applyAs({ events: { record } }, entries(flow));
  await recording;
  await expect(harness.applyAs({ ifBusy: 'fail' }, entries(flow))).rejects.toThrow(FlowChangeBusyError);
  release();
  expect((await first).isChanged).toBe(true);
});

it('a run sets its own time limit for each statement, which replaces the limit of the Postgres role', async () => {
  const timeoutIn = (options: { timeoutMs?: number }) =>
    changeFlows(harness.source, options, (manager) => manager.query('SHOW statement_timeout'));
  expect(await timeoutIn({ timeoutMs: 15_000 })).toEqual([{ statement_timeout: '15s' }]);
  expect(await harness.query('SHOW statement_timeout')).toEqual(await timeoutIn({}));
});

it('a run that waits too long for the lock of a row is rolled back with RunTimeoutError', async () => {
  await harness.apply(entries(flow));
  const blocker = harness.source.createQueryRunner();
  await blocker.startTransaction();
  await blocker.query('SELECT FROM flow.flows FOR UPDATE');
  const renamed = flow.replace('title: T', 'title: Other');
  await expect(harness.applyAs({ timeoutMs: 200 }, entries(renamed))).rejects.toThrow(RunTimeoutError);
  await blocker.rollbackTransaction();
  await blocker.release();
  expect((await harness.applyAs({ timeoutMs: 10_000 }, entries(renamed))).isChanged).toBe(true);
});

it('a run that takes too long changes nothing', async () => {
  await expect(harness.applyAs({ timeoutMs: 0 }, entries(flow))).rejects.toThrow(RunTimeoutError);
  expect(await harness.query('SELECT FROM flow.objects')).toEqual([]);
});
