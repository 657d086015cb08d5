import { type EntityManager, In, type QueryDeepPartialEntity } from 'typeorm';
import { GroupRow } from './entities/group.entity.js';
import { MembershipRow } from './entities/membership.entity.js';
import { UserRow } from './entities/user.entity.js';
import type { GroupDraft, GroupFields, Identifiers, RegisteredGroup } from './register.js';
import { type Columns, matching } from './typeorm-identifiers.js';

const columns: Columns = {
  pk: ['g.id', 'uuid'],
  name: ['g.name', 'text'],
  is_superuser: ['g.is_superuser', 'boolean'],
  parent: ['g.parent_id', 'uuid'],
  attributes: ['g.attributes', 'json'],
};

/** Groups as rows: the part of `TypeormRegister` that writes them. */
export class GroupRows {
  constructor(private readonly manager: EntityManager) {}

  async find(identifiers: Identifiers): Promise<RegisteredGroup[]> {
    const query = this.manager.createQueryBuilder(GroupRow, 'g');
    const rows = await matching(query, columns, identifiers).orderBy('g.created_at').getMany();
    return this.withUsers(rows);
  }

  async create({ pk, ...fields }: GroupDraft): Promise<RegisteredGroup> {
    const row = columnsOf(fields);
    const { identifiers } = await this.manager.insert(GroupRow, pk ? { ...row, id: pk } : row);
    return this.load(identifiers[0]!['id'] as string);
  }

  async update(pk: string, changes: Partial<GroupFields>): Promise<RegisteredGroup> {
    const set = columnsOf(changes);
    if (Object.keys(set).length > 0) await this.manager.update(GroupRow, pk, set);
    return this.load(pk);
  }

  async remove(pk: string): Promise<void> {
    await this.manager.delete(GroupRow, pk);
  }

  async setMembers(pk: string, users: readonly number[]): Promise<void> {
    await this.manager.delete(MembershipRow, { group_id: pk });
    const members = await this.manager.findBy(UserRow, { pk: In([...users]) });
    const rows = members.map(({ id }) => ({ user_id: id, group_id: pk }));
    if (rows.length > 0) await this.manager.insert(MembershipRow, rows);
  }

  private async load(id: string): Promise<RegisteredGroup> {
    const row = await this.manager.findOneByOrFail(GroupRow, { id });
    const [group] = await this.withUsers([row]);
    return group!;
  }

  private async withUsers(rows: readonly GroupRow[]): Promise<RegisteredGroup[]> {
    const places = await this.manager
      .createQueryBuilder(MembershipRow, 'm')
      .innerJoin(UserRow, 'u', 'u.id = m.user_id')
      .where('m.group_id = ANY(:groups)', { groups: rows.map(({ id }) => id) })
      .select(['m.group_id AS group', 'u.pk AS pk'])
      .getRawMany<{ group: string; pk: number }>();
    return rows.map(({ id, parent_id, created_at: _since, ...row }) => ({
      ...row,
      pk: id,
      parent: parent_id,
      users: places.filter(({ group }) => group === id).map(({ pk }) => pk),
    }));
  }
}

/** TypeORM's partial type has no room for JSON of unknown shape. */
function columnsOf({ parent, ...fields }: Partial<GroupFields>) {
  return { ...fields, ...(parent === undefined ? {} : { parent_id: parent }) } as QueryDeepPartialEntity<GroupRow>;
}
