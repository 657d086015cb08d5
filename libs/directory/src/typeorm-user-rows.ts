import { sameSecret } from '@gatehouse/platform';
import { type EntityManager, In, type QueryDeepPartialEntity } from 'typeorm';
import { MembershipRow } from './entities/membership.entity.js';
import { UserRow } from './entities/user.entity.js';
import type { Identifiers, RegisteredUser, UserDraft, UserFields } from './register.js';
import { type Columns, matching } from './typeorm-identifiers.js';

const columns: Columns = {
  pk: ['u.pk', 'integer'],
  uuid: ['u.id', 'uuid'],
  username: ['u.username', 'text'],
  name: ['u.name', 'text'],
  email: ['u.email', 'text'],
  is_active: ['u.is_active', 'boolean'],
  type: ['u.type', 'text'],
  path: ['u.path', 'text'],
  attributes: ['u.attributes', 'json'],
};

/** Users as rows: the part of `TypeormRegister` that writes them. */
export class UserRows {
  constructor(private readonly manager: EntityManager) {}

  async find(identifiers: Identifiers): Promise<RegisteredUser[]> {
    const query = this.manager.createQueryBuilder(UserRow, 'u');
    const rows = await matching(query, columns, identifiers).orderBy('u.pk').getMany();
    return this.withGroups(rows);
  }

  async create({ uuid, ...fields }: UserDraft): Promise<RegisteredUser> {
    const { identifiers } = await this.manager.insert(UserRow, columnsOf({ ...fields, ...(uuid ? { id: uuid } : {}) }));
    return this.load(identifiers[0]!['id'] as string);
  }

  async update(pk: number, changes: Partial<UserFields>): Promise<RegisteredUser> {
    const id = await this.manager.transaction(async (manager) => {
      const before = await manager.findOneOrFail(UserRow, { where: { pk }, lock: { mode: 'pessimistic_write' } });
      const set = columnsOf({ ...changes, ...consequences(before, changes) });
      if (Object.keys(set).length > 0) await manager.update(UserRow, before.id, set);
      return before.id;
    });
    return this.load(id);
  }

  async remove(pk: number): Promise<void> {
    await this.manager.delete(UserRow, { pk });
  }

  async endSessions(pk: number): Promise<void> {
    await this.manager.increment(UserRow, { pk }, 'epoch', 1);
  }

  async setGroups(pk: number, groups: readonly string[]): Promise<void> {
    const { id } = await this.manager.findOneByOrFail(UserRow, { pk });
    await this.manager.delete(MembershipRow, { user_id: id });
    const rows = [...new Set(groups)].map((group) => ({ user_id: id, group_id: group }));
    if (rows.length > 0) await this.manager.insert(MembershipRow, rows);
  }

  private async load(id: string): Promise<RegisteredUser> {
    const row = await this.manager.findOneByOrFail(UserRow, { id });
    const [user] = await this.withGroups([row]);
    return user!;
  }

  private async withGroups(rows: readonly UserRow[]): Promise<RegisteredUser[]> {
    const places = await this.manager.findBy(MembershipRow, { user_id: In(rows.map(({ id }) => id)) });
    return rows.map(({ id, last_login: _seen, date_joined: _since, password_changed_at: _changed, ...row }) => ({
      ...row,
      uuid: id,
      groups: places.filter(({ user_id }) => user_id === id).map(({ group_id }) => group_id),
    }));
  }
}

/** A new password and a disabled user end all sessions. */
function consequences(before: UserRow, { password_hash, is_active }: Partial<UserFields>) {
  const rehashed = password_hash !== undefined && !sameSecret(password_hash, before.password_hash);
  const disabled = is_active === false && before.is_active;
  return {
    ...(rehashed || disabled ? { epoch: before.epoch + 1 } : {}),
    ...(rehashed ? { password_changed_at: () => 'now()' } : {}),
  };
}

/** TypeORM's partial type has no room for JSON of unknown shape. */
const columnsOf = (fields: object) => fields as QueryDeepPartialEntity<UserRow>;
