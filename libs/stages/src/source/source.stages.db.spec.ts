import { randomUUID } from 'node:crypto';
import { GROUP_MATCHING, type PlanContext, type SavedUser } from '@gatehouse/contracts';
import { enrol, flowDatabase } from '@gatehouse/executor-postgres/testing';
import { PublishedSourceRepository, SourceConnectionRepository } from '@gatehouse/sources';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitForBlockedStatements } from '../../../../test/support/blocked-statements.js';
import { groupUpdateContract } from './group-update.contract.js';
import { GroupUpdateStage } from './group-update.stage.js';
import { postSourceContract } from './post-source.contract.js';
import { PostSourceStage } from './post-source.stage.js';
import { sourceContract } from './source.contract.js';
import { SourceStage } from './source.stage.js';

let database: Awaited<ReturnType<typeof flowDatabase>>;
beforeAll(async () => {
  database = await flowDatabase();
});
afterAll(() => database?.close());

const uuid = randomUUID();
const sourceFact = { uuid, slug: 'hub', name: 'Hub' };
const hub = (more: object = {}) => ({
  ...{ uuid, model: 'authentik_sources_oauth.oauthsource' as const, slug: 'hub', name: 'Hub', enabled: true },
  ...{ provider_type: 'discord', consumer_key: 'key', ...more },
});
const publish = (...sources: ReturnType<typeof hub>[]) =>
  new PublishedSourceRepository(database.source).replaceAll(sources);
beforeEach(() => publish(hub()));

const connections = () => new SourceConnectionRepository(database.source);
const rows = (sql: string, ...values: unknown[]): Promise<Record<string, unknown>[]> =>
  database.source.query(sql, values);

describe('the source stage', () => {
  const drive = (context: PlanContext = {}, config: object = {}) =>
    driveStage(sourceContract, new SourceStage(new PublishedSourceRepository(database.source)), {
      ...{ config: { source: uuid, ...config }, context },
    });
  const redirect = { type: 'challenge', challenge: { component: 'xak-flow-redirect', to: '/source/oauth/login/hub/' } };
  const restored = (step: string) => ({ is_restored: { step, user: null } });

  it('redirects to the source on a GET and on any response', async () => {
    expect(await drive().show()).toMatchObject(redirect);
    for (const body of [{}, { component: 'xak-flow-redirect', is_restored: { step: 'step' } }]) {
      expect(await drive().answer(body)).toMatchObject(redirect);
    }
  });

  it('passes once if is_restored names this step, but not if is_restored names another step', async () => {
    expect(await drive(restored('step')).show()).toEqual({ type: 'passed', context: { is_restored: null } });
    expect(await drive(restored('another')).show()).toMatchObject(redirect);
  });

  it('saves a deadline for the return of the visitor, and does not extend it on another GET', async () => {
    const stage = drive({}, { resume_timeout: 'minutes=5' });
    const startedAt = Date.now();
    const until = async () => ((await stage.show()) as unknown as { state: { until: number } }).state.until;
    const first = await until();
    expect(first - startedAt).toBeGreaterThanOrEqual(300_000);
    expect(first - startedAt).toBeLessThan(330_000);
    expect(await until()).toBe(first);
  });

  it('denies if the source is deleted or disabled, even after the visitor has come back', async () => {
    const denied = (code: string) => ({ type: 'denied', message: { code } });
    expect(await drive({}, { source: null }).show()).toEqual(denied('source_missing'));
    await publish(hub({ enabled: false }));
    expect(await drive(restored('step')).show()).toEqual(denied('source_disabled'));
  });
});

describe('the post source stage', () => {
  const post = (user: SavedUser, identifier: string, id = randomUUID() as string) => {
    const connection = { source: uuid, identifier };
    const context = { pending_user: user, source: sourceFact, 'goauthentik.io/sources/connection': connection };
    return driveStage(postSourceContract, new PostSourceStage(connections()), { context, request: { id } }).show();
  };
  const linked = {
    type: 'passed',
    effects: [{ type: 'event', action: 'source_linked', context: { message: 'Linked Source', source: sourceFact } }],
  };
  const taken = { type: 'denied', message: { code: 'post_source_taken', params: { source: 'Hub' } } };

  it('connects an account, records one event for each request id, and denies the account to another user', async () => {
    const [alice, bob] = [await enrol(database.source), await enrol(database.source)];
    expect(await post(alice, '1', 'work')).toEqual(linked);
    expect(await post(alice, '1', 'work')).toEqual(linked);
    expect(await post(alice, '1')).toEqual({ type: 'passed' });
    expect(await post(bob, '1')).toEqual(taken);
    expect(await rows('SELECT user_id FROM identification.connections WHERE identifier = $1', '1')).toEqual([
      { user_id: alice.uuid },
    ]);
  });

  it('connects an account with only one of several users who connect it concurrently', async () => {
    const users = await Promise.all(Array.from({ length: 8 }, () => enrol(database.source)));
    const outcomes = await Promise.all(users.map((user) => post(user, 'race')));
    expect(outcomes.filter(({ type }) => type === 'passed')).toHaveLength(1);
    expect(outcomes.filter(({ type }) => type === 'denied')).toHaveLength(7);
  });

  it('connects an account with another user after its user was deleted, but never with an inactive user', async () => {
    const [alice, bob] = [await enrol(database.source), await enrol(database.source)];
    await post(alice, '2');
    await rows('DELETE FROM directory.users WHERE id = $1', alice.uuid);
    expect(await post({ ...bob, is_active: false }, '2')).toEqual({ type: 'denied' });
    expect(await post(bob, '2')).toEqual(linked);
  });
});

describe('the group update stage', () => {
  const updateGroups = (
    user: SavedUser,
    matching: (typeof GROUP_MATCHING)[number],
    groups: Record<string, unknown>,
  ) => {
    const context = { pending_user: user, source: sourceFact, source_groups: groups };
    const options = { config: { matching }, context, request: { id: randomUUID() } };
    return driveStage(groupUpdateContract, new GroupUpdateStage(connections()), options).show();
  };
  const groupsOf = async ({ uuid: id }: SavedUser) =>
    (
      await rows(
        'SELECT g.name FROM directory.user_groups ug JOIN directory.groups g ON g.id = ug.group_id WHERE ug.user_id = $1 ORDER BY 1',
        id,
      )
    ).map(({ name }) => name);
  const group = (name: string, isSuperuser = false) =>
    rows('INSERT INTO directory.groups (name, is_superuser) VALUES ($1, $2) RETURNING id', name, isSuperuser);
  const refused = { type: 'denied', message: { code: 'group_update_refused' } };

  it.each(GROUP_MATCHING)('creates a group if no group has its name in the matching mode %s', async (matching) => {
    const user = await enrol(database.source);
    const name = `new ${matching}`;
    expect(await updateGroups(user, matching, { [name]: { name } })).toEqual({ type: 'passed' });
    expect(await groupsOf(user)).toEqual([name]);
  });

  it('links or refuses a reported group with the name of an existing group, as the matching mode defines', async () => {
    const user = await enrol(database.source);
    await group('staff');
    for (const matching of ['identifier', 'name_deny'] as const) {
      expect(await updateGroups(user, matching, { a: { name: 'made before' }, s: { name: 'staff' } })).toEqual(refused);
    }
    expect(await groupsOf(user)).toEqual([]);
    expect(await rows(`SELECT FROM directory.groups WHERE name = 'made before'`)).toEqual([]);
    expect(await updateGroups(user, 'name_link', { s: { name: 'staff' } })).toEqual({ type: 'passed' });
    expect(await groupsOf(user)).toEqual(['staff']);
  });

  it('never links a group that grants superuser rights', async () => {
    const user = await enrol(database.source);
    const [admins] = await group('admins', true);
    await rows(`INSERT INTO directory.groups (name, parent_id) VALUES ('operators', $1)`, admins!['id']);
    for (const name of ['admins', 'operators']) {
      expect(await updateGroups(user, 'name_link', { [name]: { name } })).toEqual(refused);
    }
    expect(await groupsOf(user)).toEqual([]);
  });

  it('adds and removes no members of a superuser group, even if the source created it', async () => {
    const [member, other] = [await enrol(database.source), await enrol(database.source)];
    const groups = { crew: { name: 'crew' }, deck: { name: 'deck' } };
    expect(await updateGroups(member, 'identifier', groups)).toEqual({ type: 'passed' });
    await rows(`UPDATE directory.groups SET is_superuser = true WHERE name = 'crew'`);
    expect(await updateGroups(other, 'identifier', groups)).toEqual(refused);
    expect(await groupsOf(other)).toEqual([]);
    expect(await updateGroups(member, 'identifier', groups)).toEqual({ type: 'passed' });
    expect(await updateGroups(member, 'identifier', {})).toEqual({ type: 'passed' });
    expect(await groupsOf(member)).toEqual(['crew']);
  });

  it('creates a group once for users who log in concurrently', async () => {
    const [first, second] = [await enrol(database.source), await enrol(database.source)];
    const groups = { rush: { name: 'rush' } };
    const outcome = await database.source.transaction(async (manager) => {
      const follow = `SELECT directory.follow_source_groups($1, $2, 'identifier', $3)`;
      await manager.query(follow, [first.uuid, uuid, JSON.stringify(groups)]);
      const waiting = updateGroups(second, 'identifier', groups);
      await waitForBlockedStatements(database.source, 1);
      return { waiting };
    });
    expect(await outcome.waiting).toEqual({ type: 'passed' });
    expect(await Promise.all([first, second].map(groupsOf))).toEqual([['rush'], ['rush']]);
  });

  it('denies an inactive user (accident 14)', async () => {
    const user = await enrol(database.source);
    expect(await updateGroups({ ...user, is_active: false }, 'identifier', { in: { name: 'in' } })).toEqual({
      type: 'denied',
    });
    expect(await groupsOf(user)).toEqual([]);
  });

  it('removes memberships that the source no longer reports, and keeps memberships in other groups', async () => {
    const user = await enrol(database.source);
    const [own] = await group('own');
    await rows('INSERT INTO directory.user_groups (user_id, group_id) VALUES ($1, $2)', user.uuid, own!['id']);
    await updateGroups(user, 'identifier', { old: { name: 'old' }, kept: { name: 'kept' } });
    await updateGroups(user, 'identifier', { kept: { name: 'kept' }, next: { name: 'next' } });
    expect(await groupsOf(user)).toEqual(['kept', 'next', 'own']);
    await updateGroups(user, 'identifier', {});
    expect(await groupsOf(user)).toEqual(['own']);
  });
});
