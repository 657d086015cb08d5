import { isDeepStrictEqual } from 'node:util';
import type { SavedUser } from '@gatehouse/contracts';
import type { EntityManager } from 'typeorm';
import { addSource, mergeAttributes } from './attributes.js';
import type { UserFields } from './directory-store.js';
import { InvalidUsernameError, prepareUsername } from './username.js';

/** Changes of a user. Attributes are merged deeply into the existing ones. */
export type AccountChange = Partial<
  Pick<UserFields, 'username' | 'name' | 'email' | 'attributes'> & {
    /** A new hash ends all sessions of the user. */
    readonly password_hash: string;
    /** Name of the source that the user came from. It is added to the list of sources in the attributes. */
    readonly source: string | undefined;
  }
>;

/** A user to create. */
export type NewAccount = AccountChange &
  Pick<UserFields, 'username' | 'is_active' | 'type' | 'path'> & {
    /**
     * Id of the flow that may activate the inactive account after its address was verified. Null for other accounts.
     */
    readonly awaits_flow: string | null;
  };

/** A user after a change, and whether the change has altered a field. A new password hash counts as altered. */
export interface ChangedAccount {
  readonly user: SavedUser;
  readonly isChanged: boolean;
}

/** The parts of an account lockdown. */
export interface AccountLockdown {
  readonly deactivate: boolean;
  readonly unusablePassword: boolean;
  /** Ends all sessions, and with them all tokens and grants of applications. */
  readonly endSessions: boolean;
  /** Deletes all tokens of the user: API tokens and app passwords. */
  readonly deleteTokens: boolean;
}

/** Groups by id or by name. Unknown groups are ignored. */
export interface GroupSelection {
  readonly ids: readonly string[];
  readonly names: readonly string[];
}

/**
 * Thrown when the new username is another user's email address, or the new email address is another user's username.
 */
export class NameTakenError extends Error {}

type Row = Omit<SavedUser, 'kind' | 'backend'>;

/** The stored fields that a change is compared with. */
type StoredFields = Pick<UserFields, 'username' | 'name' | 'email' | 'attributes'> & { readonly username_key: string };

const USER = `id AS uuid, pk, username, name, email, is_active, epoch,
  CASE WHEN jsonb_typeof(attributes#>'{settings,locale}') = 'string'
       THEN attributes#>>'{settings,locale}' ELSE '' END AS locale`;

/**
 * Columns that change with the password hash. The higher epoch ends all sessions. The Postgres role of the enrollment
 * service, which uses this repository, cannot read the old hash. So every written hash counts as a new password.
 */
const PASSWORD_CHANGE_COLUMNS = ['epoch = epoch + 1', 'password_changed_at = now()'];

/** A stored hash that matches no password. It shows that the user once had a password (docs/adr/0101). */
export const UNUSABLE_HASH = '!';

const JOIN = 'SELECT directory.join_groups($1, $2, $3)';

/**
 * Locks the username and the address that a user gets ($1) until the end of the transaction, so that concurrent
 * transactions cannot give them to two users. Visitors log in with either, so a username must not be another user's
 * address (FIND_OTHER), and no unique index covers both columns. Sorting the names prevents deadlocks.
 */
const LOCK_NAMES = `
SELECT pg_advisory_xact_lock(hashtextextended(name, 0))
FROM (SELECT DISTINCT lower(given) AS name FROM unnest($1::text[]) given WHERE given <> '' ORDER BY 1) names`;

/**
 * Finds another user (`other`) whose address is $1 or whose username is $2. $1 username, $2 address, $3 id of the user
 * who gets them, or null for a new user. Does not check a name that the user $3 (`own`) already has, because older
 * accounts may share a name.
 */
const FIND_OTHER = `
SELECT FROM directory.users other LEFT JOIN directory.users own ON own.id = $3
WHERE other.id IS DISTINCT FROM own.id AND (
  (lower(other.email) = lower($1) AND $1 <> '' AND lower(own.username) IS DISTINCT FROM lower($1))
  OR (lower(other.username) = lower($2) AND lower(own.email) IS DISTINCT FROM lower($2)))
LIMIT 1`;

/**
 * Creates, changes and removes users for flows, inside the caller's transaction. Never reads credentials. Throws
 * InvalidUsernameError for a username that a new account cannot have. Older users may have such a username, so an
 * unchanged username must not be in a change. Throws NameTakenError for a username that is another user's address, and
 * for an address that is another user's username. A username with the key of another user violates USERNAME_KEY_INDEX.
 * Postgres refuses to change or remove a superuser unless the gateway has permitted it (docs/adr/0035):
 * `isSuperuserGuard` recognises this error.
 */
export class AccountRepository {
  constructor(private readonly manager: EntityManager) {}

  async create({ source, attributes = {}, ...draft }: NewAccount): Promise<SavedUser> {
    const fields = withPreparedName(draft);
    await this.claimNames(fields);
    const columns = Object.entries({
      ...fields,
      attributes: addSource(attributes, source),
    }).filter(([, value]) => value !== undefined);
    const names = columns.map(([name]) => name).join(', ');
    const placeholders = columns.map((_, i) => `$${i + 1}`).join(', ');
    const sql = `INSERT INTO directory.users (${names}) VALUES (${placeholders}) RETURNING ${USER}`;
    const [row] = await this.manager.query<Row[]>(sql, columns.map(valueOf));
    return { kind: 'saved', ...row! };
  }

  /**
   * Returns the changed user. Undefined when there is no such user, or when the user no longer has the epoch `ifEpoch`
   * (compare-and-set): then another request has changed the password.
   */
  async change(
    userId: string,
    { attributes = {}, source, ...change }: AccountChange,
    ifEpoch?: number,
  ): Promise<ChangedAccount | undefined> {
    const prepared = withPreparedName(change);
    await this.claimNames(prepared, userId);
    const before = await this.lock(userId);
    if (!before) return undefined;
    const after = addSource(mergeAttributes(before.attributes, attributes), source);
    const columns = Object.entries({ ...prepared, attributes: after }).filter(
      ([name, value]) => value !== undefined && !isDeepStrictEqual(value, before[name as keyof StoredFields]),
    );
    const set = [
      ...columns.map(([name], i) => `${name} = $${i + 2}`),
      ...(change.password_hash === undefined ? [] : PASSWORD_CHANGE_COLUMNS),
    ];
    const parameters = [userId, ...columns.map(valueOf), ...(ifEpoch === undefined ? [] : [ifEpoch])];
    const where = `id = $1${ifEpoch === undefined ? '' : ` AND epoch = $${parameters.length}`}`;
    // Without changes, the statement only reads the user.
    const sql =
      set.length > 0
        ? `WITH changed AS (UPDATE directory.users SET ${set.join(', ')} WHERE ${where} RETURNING ${USER}) SELECT * FROM changed`
        : `SELECT ${USER} FROM directory.users WHERE ${where}`;
    const [row] = await this.manager.query<Row[]>(sql, parameters);
    return row && { user: { kind: 'saved', ...row }, isChanged: set.length > 0 };
  }

  /**
   * Adds a user to groups. If one of the groups makes its members superusers, throws an error that `isSuperuserGuard`
   * recognises.
   */
  async join(userId: string, { ids, names }: GroupSelection): Promise<void> {
    if (ids.length + names.length > 0) await this.manager.query(JOIN, [userId, ids, names]);
  }

  /** Records `address` as verified, if it is the user's email address. */
  async verifyEmail(userId: string, address: string): Promise<void> {
    await this.manager.query('SELECT directory.verify_email($1, $2)', [userId, address]);
  }

  /** Removes a user with their sessions, memberships in groups and tokens. Returns false when there is no such user. */
  async remove(userId: string): Promise<boolean> {
    const [, removed] = await this.manager.query<[unknown[], number]>('DELETE FROM directory.users WHERE id = $1', [
      userId,
    ]);
    return removed > 0;
  }

  /** Returns whether the user may change other users. */
  async isSuperuser(userId: string): Promise<boolean> {
    const [row] = await this.manager.query<{ is_superuser: boolean }[]>(
      'SELECT directory.is_superuser($1) AS is_superuser',
      [userId],
    );
    return row?.is_superuser === true;
  }

  /**
   * Takes access away from a user. Returns the changed user; undefined when there is no such user. Locks the user
   * first, so that no token is created meanwhile.
   */
  async lockDown(
    userId: string,
    { deactivate, unusablePassword, endSessions, deleteTokens }: AccountLockdown,
  ): Promise<SavedUser | undefined> {
    await this.manager.query('SELECT id FROM directory.users WHERE id = $1 FOR UPDATE', [userId]);
    const set = [
      ...(deactivate ? ['is_active = false'] : []),
      ...(unusablePassword ? [`password_hash = '${UNUSABLE_HASH}'`, 'password_changed_at = now()'] : []),
      ...(unusablePassword || endSessions || deleteTokens ? ['epoch = epoch + 1'] : []),
    ];
    const sql =
      set.length > 0
        ? `WITH changed AS (UPDATE directory.users SET ${set.join(', ')} WHERE id = $1 RETURNING ${USER}) SELECT * FROM changed`
        : `SELECT ${USER} FROM directory.users WHERE id = $1`;
    const [row] = await this.manager.query<Row[]>(sql, [userId]);
    if (row && deleteTokens) await this.manager.query('DELETE FROM directory.tokens WHERE user_id = $1', [userId]);
    return row && { kind: 'saved', ...row };
  }

  /**
   * Locks the names as they will be stored. Throws NameTakenError if the username is another user's address, or the
   * address is another user's username, because a lookup by this name could find either user.
   */
  private async claimNames({ username, email }: AccountChange, userId: string | null = null): Promise<void> {
    if (username === undefined && email === undefined) return;
    const names = [username ?? '', email ?? ''];
    await this.manager.query(LOCK_NAMES, [names]);
    const others = await this.manager.query<unknown[]>(FIND_OTHER, [...names, userId]);
    if (others.length > 0) throw new NameTakenError('the username or the email address belongs to another user');
  }

  /** Locks the user's row, so that no concurrent merge of attributes is lost. */
  private async lock(userId: string): Promise<StoredFields | undefined> {
    const sql = 'SELECT username, username_key, name, email, attributes FROM directory.users WHERE id = $1 FOR UPDATE';
    const [row] = await this.manager.query<StoredFields[]>(sql, [userId]);
    return row;
  }
}

/**
 * Returns a change with its username as it will be stored, and the key by which usernames are compared
 * (`PreparedUsername`). Throws InvalidUsernameError.
 */
function withPreparedName<T extends AccountChange>(change: T): T & { readonly username_key?: string } {
  if (change.username === undefined) return change;
  const prepared = prepareUsername(change.username);
  if ('reason' in prepared) throw new InvalidUsernameError(prepared.reason);
  return { ...change, username: prepared.name, username_key: prepared.key };
}

const valueOf = ([name, value]: [string, unknown]) => (name === 'attributes' ? JSON.stringify(value) : value);
