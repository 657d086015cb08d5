import type { SavedUser } from '@gatehouse/contracts';
import type { EntityManager } from 'typeorm';
import { type AccountChange, Accounts, type GroupSelection, NameTakenError, type NewAccount } from './accounts.js';
import { type Attributes, addSource, mergeAttributes } from './attributes.js';

type Row = Omit<SavedUser, 'kind' | 'backend'>;

const USER = `id AS uuid, pk, username, name, email, is_active, epoch,
  CASE WHEN jsonb_typeof(attributes#>'{settings,locale}') = 'string'
       THEN attributes#>>'{settings,locale}' ELSE '' END AS locale`;

/** A new password ends all sessions. Said without reading the old one, which this role cannot. */
const PASSWORD_CHANGE_COLUMNS = ['epoch = epoch + 1', 'password_changed_at = now()'];

const JOIN = 'SELECT directory.join_groups($1, $2, $3)';

/** Whoever writes a name waits for others who write it, whatever it is of them; in one order, so that no two wait for each other. */
const LOCK_NAMES = `
SELECT pg_advisory_xact_lock(hashtextextended(name, 0))
FROM (SELECT DISTINCT lower(given) AS name FROM unnest($1::text[]) given WHERE given <> '' ORDER BY 1) names`;

/** $1 a username, $2 an address, $3 whose they are to be: what is theirs already is no question. */
const FIND_OTHER = `
SELECT FROM directory.users other LEFT JOIN directory.users own ON own.id = $3
WHERE other.id IS DISTINCT FROM own.id AND (
  (lower(other.email) = lower($1) AND $1 <> '' AND lower(own.username) IS DISTINCT FROM lower($1))
  OR (lower(other.username) = lower($2) AND lower(own.email) IS DISTINCT FROM lower($2)))
LIMIT 1`;

/** Writes `directory.users` in the transaction of `manager`, and never reads what proves who somebody is. */
export class TypeormAccounts extends Accounts {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async create({ source, attributes = {}, ...draft }: NewAccount): Promise<SavedUser> {
    await this.claimNames(draft);
    const columns = Object.entries({ ...draft, attributes: addSource(attributes, source) }).filter(
      ([, value]) => value !== undefined,
    );
    const names = columns.map(([name]) => name).join(', ');
    const places = columns.map((_, i) => `$${i + 1}`).join(', ');
    const sql = `INSERT INTO directory.users (${names}) VALUES (${places}) RETURNING ${USER}`;
    const [row] = await this.manager.query<Row[]>(sql, columns.map(valueOf));
    return { kind: 'saved', ...row! };
  }

  async change(userId: string, { attributes, source, ...change }: AccountChange): Promise<SavedUser | undefined> {
    await this.claimNames(change, userId);
    const before = attributes || source !== undefined ? await this.attributesOf(userId) : undefined;
    const after = before && addSource(mergeAttributes(before, attributes ?? {}), source);
    const whole = { ...change, ...(after && { attributes: after }) };
    const columns = Object.entries(whole).filter(([, value]) => value !== undefined);
    const set = [
      ...columns.map(([name], i) => `${name} = $${i + 2}`),
      ...(change.password_hash === undefined ? [] : PASSWORD_CHANGE_COLUMNS),
    ];
    // What changes nothing still says who it is.
    const sql =
      set.length > 0
        ? `WITH changed AS (UPDATE directory.users SET ${set.join(', ')} WHERE id = $1 RETURNING ${USER}) SELECT * FROM changed`
        : `SELECT ${USER} FROM directory.users WHERE id = $1`;
    const [row] = await this.manager.query<Row[]>(sql, [userId, ...columns.map(valueOf)]);
    return row && { kind: 'saved', ...row };
  }

  async join(userId: string, { ids, names }: GroupSelection): Promise<void> {
    if (ids.length + names.length > 0) await this.manager.query(JOIN, [userId, ids, names]);
  }

  async remove(userId: string): Promise<boolean> {
    const [, removed] = await this.manager.query<[unknown[], number]>('DELETE FROM directory.users WHERE id = $1', [
      userId,
    ]);
    return removed > 0;
  }

  /** People are found by either, so what names one of them must not name another. */
  private async claimNames({ username, email }: AccountChange, userId: string | null = null): Promise<void> {
    if (username === undefined && email === undefined) return;
    const names = [username ?? '', email ?? ''];
    await this.manager.query(LOCK_NAMES, [names]);
    const others = await this.manager.query<unknown[]>(FIND_OTHER, [...names, userId]);
    if (others.length > 0) throw new NameTakenError('somebody else is known by this name');
  }

  /** Locked, so that of two who merge into them neither undoes what the other wrote. */
  private async attributesOf(userId: string): Promise<Attributes> {
    const sql = 'SELECT attributes FROM directory.users WHERE id = $1 FOR UPDATE';
    const [row] = await this.manager.query<{ attributes: Attributes }[]>(sql, [userId]);
    return row?.attributes ?? {};
  }
}

const valueOf = ([name, value]: [string, unknown]) => (name === 'attributes' ? JSON.stringify(value) : value);
