import { randomBytes } from 'node:crypto';
import { TypeormDirectoryStore } from '@gatehouse/directory';
import { flowDatabase } from '@gatehouse/executor-postgres/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitForBlockedStatements } from '../../../../test/support/blocked-statements.js';
import { runCli } from '../../../../test/support/commands.js';
import { recordedEvents } from '../../../../test/support/recorded-events.js';

const keys = { SEAL_KEYS: `k:${randomBytes(32).toString('base64')}` };
let url: string;
let source: DataSource;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ url, source, close } = await flowDatabase());
});
afterAll(() => close?.());
beforeEach(async () => {
  await source.query('TRUNCATE directory.users, directory.groups, flow.outbox CASCADE');
  const directory = new TypeormDirectoryStore(source.manager);
  for (const username of ['alice', 'bob']) await directory.createUser({ username });
  for (const name of ['staff', 'editors']) await directory.createGroup({ name });
  const admins = await directory.createGroup({ name: 'admins', is_superuser: true });
  await directory.createGroup({ name: 'operators', parents: [admins.pk] });
});

const user = (...args: string[]) => runCli('user', args, { env: { DATABASE_URL: url, ...keys } });
const eventsOf = async (command: string) =>
  (await recordedEvents({ rows: (sql, values) => source.query(sql, values), sealing: keys }, 'user_write'))
    .filter(({ data }) => data.actor?.type === 'system' && data.actor.command === command)
    .map(({ data }) => [data.user, data.context]);
const groupsOf = async (username: string) => {
  const rows = await source.query<{ name: string }[]>(
    `SELECT g.name FROM directory.user_groups m JOIN directory.groups g ON g.id = m.group_id
     JOIN directory.users u ON u.id = m.user_id WHERE u.username = $1 ORDER BY g.name`,
    [username],
  );
  return rows.map(({ name }) => name);
};

describe('npm run user', () => {
  it('adds a user to a group and removes the user again, and each event has the groups of the user', async () => {
    expect(await user('add-to-group', 'ALICE', 'staff')).toMatchObject({ stdout: 'alice is a member of staff\n' });
    await user('add-to-group', 'alice', 'editors');
    expect(await groupsOf('alice')).toEqual(['editors', 'staff']);
    expect(await user('remove-from-group', 'alice', 'staff')).toMatchObject({
      stdout: 'alice is no longer a member of staff\n',
    });
    expect(await groupsOf('alice')).toEqual(['editors']);
    const alice = expect.objectContaining({ username: 'alice' });
    expect(await eventsOf('user add-to-group')).toEqual([
      [alice, { groups: ['staff'], created: false }],
      [alice, { groups: ['editors', 'staff'], created: false }],
    ]);
    expect(await eventsOf('user remove-from-group')).toEqual([[alice, { groups: ['editors'], created: false }]]);
  });

  it('says that nothing changes, and writes no event, if the membership is already as requested', async () => {
    await user('add-to-group', 'alice', 'staff');
    expect(await user('add-to-group', 'alice', 'staff')).toMatchObject({
      code: 0,
      stdout: 'alice is a member of staff already\n',
    });
    expect(await user('remove-from-group', 'bob', 'staff')).toMatchObject({
      code: 0,
      stdout: 'bob is not a member of staff\n',
    });
    expect((await eventsOf('user add-to-group')).length).toBe(1);
    expect(await eventsOf('user remove-from-group')).toEqual([]);
  });

  it.each(['admins', 'operators'])('makes a user a superuser by the group %s only with --superuser', async (group) => {
    const refused = await user('add-to-group', 'alice', group);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('Add --superuser') });
    expect(await groupsOf('alice')).toEqual([]);
    expect(await eventsOf('user add-to-group')).toEqual([]);
    expect(await user('add-to-group', 'alice', group, '--superuser')).toMatchObject({ code: 0 });
    expect(await user('add-to-group', 'alice', 'staff')).toMatchObject({ code: 0 });
  });

  it('says so if it creates a user who is a superuser by a group', async () => {
    expect(await user('create', 'eve', '--group', 'staff')).toMatchObject({
      stdout: 'created eve, without a password\n',
    });
    expect(await user('create', 'zoe', '--group', 'operators')).toMatchObject({
      stdout: 'created zoe, a superuser, without a password\n',
    });
  });

  it('takes a group by its id, and refuses a name that several groups have', async () => {
    const directory = new TypeormDirectoryStore(source.manager);
    const [admins] = await directory.findGroups({ name: 'admins' });
    const { pk } = await directory.createGroup({ name: 'staff', parents: [admins!.pk] });
    const [{ id } = { id: '' }] = await source.query<{ id: string }[]>(
      'SELECT id FROM directory.groups WHERE name = $1 AND id <> $2',
      ['staff', pk],
    );
    for (const args of [
      ['add-to-group', 'alice', 'staff'],
      ['create', 'eve', '--group', 'staff'],
    ]) {
      const { code, stderr } = await user(...args);
      expect([code, stderr]).toEqual([1, expect.stringContaining(`several groups have the name staff: ${id}, ${pk}.`)]);
    }
    expect(await user('add-to-group', 'alice', pk)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Add --superuser'),
    });
    expect(await user('add-to-group', 'alice', id)).toMatchObject({ stdout: 'alice is a member of staff\n' });
    expect(await user('remove-from-group', 'alice', id)).toMatchObject({ code: 0 });
  });

  it('leaves one superuser when two commands remove the last two at once', async () => {
    for (const name of ['alice', 'bob']) await user('add-to-group', name, 'admins', '--superuser');
    const other = source.createQueryRunner();
    await other.startTransaction();
    await other.query('SELECT FROM directory.user_groups FOR UPDATE');
    const removals = ['alice', 'bob'].map((name) => user('remove-from-group', name, 'admins'));
    await waitForBlockedStatements(source, 2);
    await other.commitTransaction();
    await other.release();
    const results = await Promise.all(removals);
    expect(results.filter(({ code }) => code === 0)).toHaveLength(1);
    expect(results.find(({ code }) => code === 1)?.stderr).toContain('is the last active superuser.');
  });

  it('never takes away the rights of the last active superuser', async () => {
    await user('add-to-group', 'alice', 'admins', '--superuser');
    await user('add-to-group', 'alice', 'operators');
    // The other group still makes the user a superuser.
    expect(await user('remove-from-group', 'alice', 'admins')).toMatchObject({ code: 0 });
    expect(await user('remove-from-group', 'alice', 'operators')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('alice is the last active superuser'),
    });
    expect(await groupsOf('alice')).toEqual(['operators']);
    await user('add-to-group', 'bob', 'admins', '--superuser');
    expect(await user('remove-from-group', 'alice', 'operators')).toMatchObject({ code: 0 });
  });

  it.each([
    [['add-to-group', 'nobody', 'staff'], /there is no user nobody/],
    [['add-to-group', 'alice', 'none'], /there is no group none/],
    [['remove-from-group', 'alice', 'none'], /there is no group none/],
    [['add-to-group', 'alice'], /Exactly one USERNAME and one GROUP/],
    [['add-to-group', 'alice', 'staff', 'editors'], /Exactly one USERNAME and one GROUP/],
    [['remove-from-group', 'alice', 'staff', '--odd'], /Unknown option[^]*usage: npm run user -- remove-from-group/],
  ] as const)('refuses %j', async (args, stderr) => {
    expect(await user(...args)).toMatchObject({ code: 1, stderr: expect.stringMatching(stderr) });
  });
});
