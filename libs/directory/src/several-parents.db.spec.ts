import { openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FreshDatabase, migratedDatabase } from '../../../test/support/postgres.js';
import type { DirectoryUser } from './directory-store.js';
import { directoryEntities } from './entities/index.js';
import { DIRECTORY_SCHEMA } from './migrations/index.js';
import { PolicyUserRepository } from './policy-user.repository.js';
import { TypeormDirectoryStore } from './typeorm-directory-store.js';

let database: FreshDatabase;
let source: DataSource;
let directory: TypeormDirectoryStore;
let alice: DirectoryUser;
beforeAll(async () => {
  database = await migratedDatabase();
  source = await openDataSource({
    url: database.url,
    schema: DIRECTORY_SCHEMA,
    entities: directoryEntities,
    poolSize: 2,
  });
  directory = new TypeormDirectoryStore(source.manager);
});
beforeEach(async () => {
  await source.query('TRUNCATE directory.users, directory.groups CASCADE');
  alice = await directory.createUser({ username: 'alice', attributes: { own: true } });
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});

/** Creates the groups b-team below a-staff and c-house, which are both below d-all, with Alice in b-team. */
async function diamond() {
  const all = await directory.createGroup({ name: 'd-all', attributes: { from: 'all', list: ['all'] } });
  const staff = await directory.createGroup({
    ...{ name: 'a-staff', parents: [all.pk], attributes: { from: 'staff', list: ['staff'] } },
  });
  const house = await directory.createGroup({ name: 'c-house', parents: [all.pk], attributes: { from: 'house' } });
  const team = await directory.createGroup({ name: 'b-team', parents: [staff.pk, house.pk] });
  await directory.setGroups(alice.pk, [team.pk]);
  return { all, staff, house, team };
}

const namesOf = async (above = true) =>
  (await new PolicyUserRepository(source).findGroupsOf(alice.uuid, { above, filters: {} }))?.map(({ name }) => name);
const isSuperuser = async () => {
  const [row] = await source.query('SELECT is_superuser FROM directory.identities WHERE id = $1', [alice.uuid]);
  return row.is_superuser as boolean;
};

describe('a group with several parents', () => {
  it('makes its members members of all its ancestors, each once', async () => {
    await diamond();
    expect(await namesOf()).toEqual(['a-staff', 'b-team', 'c-house', 'd-all']);
    expect(await namesOf(false)).toEqual(['b-team']);
  });

  it('gives its members the attributes of all its ancestors, in the order of their names', async () => {
    await diamond();
    expect(await new PolicyUserRepository(source).findGroupAttributes(alice.uuid)).toEqual({
      ...{ from: 'all', list: ['staff', 'all'], own: true },
    });
  });

  it('makes its members superusers if any of its ancestors does', async () => {
    const { house } = await diamond();
    expect(await isSuperuser()).toBe(false);
    await directory.updateGroup(house.pk, { is_superuser: true });
    expect(await isSuperuser()).toBe(true);
  });

  it('counts as a superuser group, which no service may join, if any of its ancestors makes superusers', async () => {
    const { house, team } = await diamond();
    const [row] = await source.query('SELECT directory.makes_superuser($1) AS makes', [team.pk]);
    await directory.updateGroup(house.pk, { is_superuser: true });
    const [later] = await source.query('SELECT directory.makes_superuser($1) AS makes', [team.pk]);
    expect([row.makes, later.makes]).toEqual([false, true]);
  });

  it('keeps its other parents, in order, when one of them is deleted or replaced', async () => {
    const { all, staff, house, team } = await diamond();
    const parents = async () => (await directory.findGroups({ pk: team.pk }))[0]?.parents;
    expect(await parents()).toEqual([staff.pk, house.pk]);
    await directory.updateGroup(team.pk, { parents: [staff.pk, house.pk, all.pk] });
    await directory.removeGroup(house.pk);
    expect(await parents()).toEqual([staff.pk, all.pk]);
    await directory.removeGroup(staff.pk);
    expect(await parents()).toEqual([all.pk]);
    await directory.updateGroup(team.pk, { parents: [] });
    expect(await parents()).toEqual([]);
    expect(await namesOf()).toEqual(['b-team']);
  });
});
