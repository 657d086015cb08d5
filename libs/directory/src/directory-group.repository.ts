import type { EntityManager, QueryDeepPartialEntity } from 'typeorm';
import type { DirectoryGroup, GroupFields, Identifiers, NewGroup } from './directory-store.js';
import { GroupEntity } from './entities/group.entity.js';
import { MembershipEntity } from './entities/membership.entity.js';
import { UserEntity } from './entities/user.entity.js';
import { type Columns, whereIdentifiers } from './typeorm-identifiers.js';

const columns: Columns = {
  pk: ['g.id', 'uuid'],
  name: ['g.name', 'text'],
  is_superuser: ['g.is_superuser', 'boolean'],
  parent: ['g.parent_id', 'uuid'],
  attributes: ['g.attributes', 'json'],
};
/** The fields by which groups can be found. */
export const GROUP_IDENTIFIERS: readonly string[] = Object.keys(columns);

/**
 * Adds users to a group. $1 id of the group, $2 array of the pks of its users. An array, because a statement can have
 * at most 65535 parameters.
 */
const ADD_MEMBERS = `
  INSERT INTO directory.user_groups (user_id, group_id) SELECT id, $1 FROM directory.users WHERE pk = ANY ($2::int[])`;

/** Reads and writes groups for `TypeormDirectoryStore`. */
export class DirectoryGroupRepository {
  constructor(private readonly manager: EntityManager) {}

  async find(identifiers: Identifiers): Promise<DirectoryGroup[]> {
    const query = this.manager.createQueryBuilder(GroupEntity, 'g');
    const rows = await whereIdentifiers(query, columns, identifiers).orderBy('g.created_at').getMany();
    return this.withUsers(rows);
  }

  /** Returns the names of the first 1000 groups. */
  async names(): Promise<string[]> {
    const rows = await this.manager.find(GroupEntity, { select: { name: true }, order: { name: 'ASC' }, take: 1000 });
    return rows.map(({ name }) => name);
  }

  async create({ pk, ...fields }: NewGroup): Promise<DirectoryGroup> {
    const row = columnsOf(fields);
    const { identifiers } = await this.manager.insert(GroupEntity, pk ? { ...row, id: pk } : row);
    return this.load(identifiers[0]!['id'] as string);
  }

  async update(pk: string, changes: Partial<GroupFields>): Promise<DirectoryGroup> {
    const set = columnsOf(changes);
    if (Object.keys(set).length > 0) await this.manager.update(GroupEntity, pk, set);
    return this.load(pk);
  }

  async remove(pk: string): Promise<void> {
    await this.manager.delete(GroupEntity, pk);
  }

  async setMembers(pk: string, users: readonly number[]): Promise<void> {
    await this.manager.delete(MembershipEntity, { group_id: pk });
    await this.manager.query(ADD_MEMBERS, [pk, users]);
  }

  private async load(id: string): Promise<DirectoryGroup> {
    const row = await this.manager.findOneByOrFail(GroupEntity, { id });
    const [group] = await this.withUsers([row]);
    return group!;
  }

  private async withUsers(rows: readonly GroupEntity[]): Promise<DirectoryGroup[]> {
    const memberships = await this.manager
      .createQueryBuilder(MembershipEntity, 'm')
      .innerJoin(UserEntity, 'u', 'u.id = m.user_id')
      .where('m.group_id = ANY(:groups)', { groups: rows.map(({ id }) => id) })
      .select(['m.group_id AS group', 'u.pk AS pk'])
      .getRawMany<{ group: string; pk: number }>();
    return rows.map(({ id, parent_id, other_parents, created_at: _createdAt, ...row }) => ({
      ...row,
      pk: id,
      parent: parent_id,
      parents: parent_id === null ? other_parents : [parent_id, ...other_parents],
      users: memberships.filter(({ group }) => group === id).map(({ pk }) => pk),
    }));
  }
}

/**
 * Returns the values as columns. The cast is necessary because TypeORM's partial type does not accept JSON of unknown
 * shape.
 */
function columnsOf({ parents, ...fields }: Partial<GroupFields>) {
  const [parent_id = null, ...other_parents] = parents ?? [];
  return { ...fields, ...(parents && { parent_id, other_parents }) } as QueryDeepPartialEntity<GroupEntity>;
}
