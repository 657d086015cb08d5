import { secretsEqual } from '@gatehouse/platform';
import { Any, type EntityManager, type QueryDeepPartialEntity } from 'typeorm';
import type { DirectoryUser, Identifiers, NewUser, UserFields } from './directory-store.js';
import { MembershipEntity } from './entities/membership.entity.js';
import { UserEntity } from './entities/user.entity.js';
import { type Columns, whereIdentifiers } from './typeorm-identifiers.js';
import { requireUsername } from './username.js';

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
/** The fields by which users can be found. */
export const USER_IDENTIFIERS: readonly string[] = Object.keys(columns);

/** The columns of users for services that must not read password hashes (deploy/postgres/roles.sql). */
const WITHOUT_HASH = ['id', 'epoch', ...Object.keys(columns).filter((name) => name !== 'uuid')];

/** Reads and writes users for `TypeormDirectoryStore`. */
export class DirectoryUserRepository {
  constructor(
    private readonly manager: EntityManager,
    private readonly readsHashes: boolean,
  ) {}

  async find(identifiers: Identifiers): Promise<DirectoryUser[]> {
    const query = this.manager.createQueryBuilder(UserEntity, 'u');
    if (!this.readsHashes) query.select(WITHOUT_HASH.map((name) => `u.${name}`));
    const rows = await whereIdentifiers(query, columns, identifiers).orderBy('u.pk').getMany();
    if (!this.readsHashes) for (const row of rows) row.password_hash = '';
    return this.withGroups(rows);
  }

  async create({ uuid, ...fields }: NewUser): Promise<DirectoryUser> {
    const { identifiers } = await this.manager.insert(
      UserEntity,
      columnsOf({ ...fields, ...usernameKey(fields), ...verifiedEmail(fields), ...(uuid ? { id: uuid } : {}) }),
    );
    return this.load(identifiers[0]!['id'] as string);
  }

  async update(pk: number, changes: Partial<UserFields>): Promise<DirectoryUser> {
    const id = await this.manager.transaction(async (manager) => {
      const before = await manager.findOneOrFail(UserEntity, { where: { pk }, lock: { mode: 'pessimistic_write' } });
      const renamed = changes.username === before.username ? {} : usernameKey(changes);
      const set = columnsOf({ ...changes, ...renamed, ...verifiedEmail(changes), ...epochChange(before, changes) });
      if (Object.keys(set).length > 0) await manager.update(UserEntity, before.id, set);
      return before.id;
    });
    return this.load(id);
  }

  async remove(pk: number): Promise<void> {
    await this.manager.delete(UserEntity, { pk });
  }

  async endSessions(pk: number): Promise<void> {
    await this.manager.increment(UserEntity, { pk }, 'epoch', 1);
  }

  async setGroups(pk: number, groups: readonly string[]): Promise<void> {
    const { id } = await this.manager.findOneByOrFail(UserEntity, { pk });
    await this.manager.delete(MembershipEntity, { user_id: id });
    const rows = [...new Set(groups)].map((group) => ({ user_id: id, group_id: group }));
    if (rows.length > 0) await this.manager.insert(MembershipEntity, rows);
  }

  private async load(id: string): Promise<DirectoryUser> {
    const row = await this.manager.findOneByOrFail(UserEntity, { id });
    const [user] = await this.withGroups([row]);
    return user!;
  }

  private async withGroups(rows: readonly UserEntity[]): Promise<DirectoryUser[]> {
    const memberships = await this.manager.findBy(MembershipEntity, { user_id: Any(rows.map(({ id }) => id)) });
    const groups = new Map<string, string[]>(rows.map(({ id }) => [id, []]));
    for (const { user_id, group_id } of memberships) groups.get(user_id)?.push(group_id);
    return rows.map((row) => ({ ...fieldsOf(row), groups: groups.get(row.id) ?? [] }));
  }
}

/** Returns the fields of a DirectoryUser except the groups. */
function fieldsOf(row: UserEntity): Omit<DirectoryUser, 'groups'> {
  const { pk, username, name, email, is_active, password_hash, type, path, attributes, epoch } = row;
  return { pk, uuid: row.id, username, name, email, is_active, password_hash, type, path, attributes, epoch };
}

/** Returns the key of a username that an administrator sets. Throws InvalidUsernameError. */
const usernameKey = ({ username }: Partial<UserFields>) =>
  username === undefined ? {} : { username_key: requireUsername(username).key };

/** Returns the column that marks the email address as verified, because an administrator has set it. */
const verifiedEmail = ({ email }: Partial<UserFields>) => (email === undefined ? {} : { verified_email: email });

/**
 * Returns the columns that change with a new password or when the user is disabled. Both increase the epoch, which ends
 * all sessions.
 */
function epochChange(before: UserEntity, { password_hash, is_active }: Partial<UserFields>) {
  const isPasswordNew = password_hash !== undefined && !secretsEqual(password_hash, before.password_hash);
  const isDisabled = is_active === false && before.is_active;
  return {
    ...(isPasswordNew || isDisabled ? { epoch: before.epoch + 1 } : {}),
    ...(isPasswordNew ? { password_changed_at: () => 'now()' } : {}),
  };
}

/**
 * Returns the values as columns. The cast is necessary because TypeORM's partial type does not accept JSON of unknown
 * shape.
 */
const columnsOf = (fields: object) => fields as QueryDeepPartialEntity<UserEntity>;
