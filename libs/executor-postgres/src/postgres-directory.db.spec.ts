import { TypeormDirectoryStore } from '@gatehouse/directory';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enrol, flowDatabase } from '../testing/flow-database.js';
import { PostgresGroupMembershipStore } from './postgres-directory.js';

describe('group memberships', () => {
  let database: Awaited<ReturnType<typeof flowDatabase>>;
  let register: TypeormDirectoryStore;
  let memberships: PostgresGroupMembershipStore;
  beforeAll(async () => {
    database = await flowDatabase();
    register = new TypeormDirectoryStore(database.source.manager);
    memberships = new PostgresGroupMembershipStore(database.source);
  });
  afterAll(() => database?.close());

  /** Creates a chain of groups, each the parent of the one before it. Returns their ids, the lowest child first. */
  async function tower(levels: number): Promise<string[]> {
    const names = Array.from({ length: levels }, (_, level) => `${levels}-${level}`).reverse();
    const groups: string[] = [];
    for (const name of names) groups.unshift((await register.createGroup({ name, parents: groups.slice(0, 1) })).pk);
    return groups;
  }

  it('contain the groups that a user is a member of', async () => {
    const [mine, other] = [await register.createGroup({ name: 'mine' }), await register.createGroup({ name: 'other' })];
    const [user, otherUser] = [await enrol(database.source), await enrol(database.source)];
    await register.setMembers(mine.pk, [user.pk]);

    expect(await memberships.filterGroups(user.uuid, [mine.pk, other.pk])).toEqual(new Set([mine.pk]));
    expect(await memberships.filterGroups(user.uuid, [other.pk])).toEqual(new Set());
    expect(await memberships.filterGroups(otherUser.uuid, [mine.pk, other.pk])).toEqual(new Set());
  });

  it('include up to twenty levels of parent groups, and no child groups', async () => {
    const groups = await tower(22);
    const [low, high] = [await enrol(database.source), await enrol(database.source)];
    await register.setMembers(groups[0]!, [low.pk]);
    await register.setMembers(groups[21]!, [high.pk]);

    expect(await memberships.filterGroups(low.uuid, groups)).toEqual(new Set(groups.slice(0, 20)));
    expect(await memberships.filterGroups(high.uuid, groups)).toEqual(new Set([groups[21]]));
  });
});
