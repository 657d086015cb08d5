import type { DataSource, EntityManager } from 'typeorm';
import type {
  Invitation,
  InvitationFields,
  InvitationFilter,
  InvitationOrder,
  InvitationSlice,
  RedeemableInvitation,
} from './invitations.js';

const FIELDS = 'i.id AS pk, i.name, i.expires, i.fixed_data, i.single_use, i.flow_id AS flow';
/**
 * The gateway's database role may read only `id`, `pk` and `last_login` of `directory.users`. It reads the other
 * columns from views.
 */
const COLUMNS = `${FIELDS},
  (SELECT jsonb_build_object('pk', u.pk, 'uuid', u.id, 'username', u.username, 'name', u.name, 'is_active', u.is_active,
                             'last_login', l.last_login, 'email', u.email, 'attributes', a.attributes)
   FROM directory.identities u JOIN directory.user_attributes a USING (id) JOIN directory.users l USING (id)
   WHERE u.id = i.created_by) AS created_by`;

/** Invitations `i` with their creators `c`. */
const LISTED = 'directory.invitations i LEFT JOIN directory.identities c ON c.id = i.created_by';
const ORDER_COLUMNS: Readonly<Record<InvitationOrder['by'], string>> = {
  ...{ pk: 'i.id', name: 'i.name', expires: 'i.expires', fixed_data: 'i.fixed_data' },
  ...{ created_by: 'c.pk', single_use: 'i.single_use', flow: 'i.flow_id' },
};

/** SQL condition for an invitation that a flow can use. $1 id of the invitation, $2 id of the flow. */
const USABLE = `i.id = $1 AND (i.expires IS NULL OR i.expires > now()) AND (i.flow_id IS NULL OR i.flow_id = $2::uuid)`;
const FIND_USABLE = `SELECT ${FIELDS} FROM directory.invitations i WHERE ${USABLE}`;
/**
 * Redeems an invitation. $1 id of the invitation, $2 id of the flow. `used` deletes a single-use invitation; the last
 * SELECT finds a reusable invitation. Concurrent deletes wait for each other, and only the first returns the row.
 */
const REDEEM = `
  WITH used AS (DELETE FROM directory.invitations i WHERE ${USABLE} AND i.single_use RETURNING i.name)
  SELECT name FROM used UNION ALL SELECT i.name FROM directory.invitations i WHERE ${USABLE} AND NOT i.single_use`;

/** Reads and writes `directory.invitations`, each change in one statement. */
export class InvitationRepository {
  constructor(private readonly store: Pick<DataSource | EntityManager, 'query'>) {}

  /** Returns the invitation with a pk, or the oldest one with a name. */
  find(by: { readonly pk: string } | { readonly name: string }): Promise<Invitation | undefined> {
    const [column, value] = 'pk' in by ? ['id', by.pk] : ['name', by.name];
    const sql = `SELECT ${COLUMNS} FROM directory.invitations i WHERE i.${column} = $1 ORDER BY i.created_at LIMIT 1`;
    return this.first(sql, [value]);
  }

  list(filter: InvitationFilter, { offset, limit, order }: InvitationSlice): Promise<Invitation[]> {
    const { sql, values } = conditionOf(filter);
    const columns = order.map(({ by, descending }) => `${ORDER_COLUMNS[by]} ${descending ? 'DESC' : 'ASC'}`);
    const orderBy = [...columns, 'i.created_at DESC', 'i.id'].join(', ');
    const page = `LIMIT $${values.length + 1} OFFSET $${values.length + 2}`;
    return this.store.query<Invitation[]>(`SELECT ${COLUMNS} FROM ${LISTED} WHERE ${sql} ORDER BY ${orderBy} ${page}`, [
      ...values,
      limit,
      offset,
    ]);
  }

  async count(filter: InvitationFilter): Promise<number> {
    const { sql, values } = conditionOf(filter);
    const statement = `SELECT count(*)::int FROM ${LISTED} WHERE ${sql}`;
    const [row] = await this.store.query<{ count: number }[]>(statement, [...values]);
    return row!.count;
  }

  /** Creates an invitation. `by` is the UUID of its creator. */
  async create({
    pk,
    by,
    ...fields
  }: InvitationFields & { readonly pk?: string; readonly by?: string }): Promise<Invitation> {
    const sql = `
      WITH made AS (
        INSERT INTO directory.invitations (name, expires, fixed_data, single_use, flow_id, id, created_by)
        VALUES ($1, $2, $3, $4, $5, coalesce($6::uuid, gen_random_uuid()), $7) RETURNING *)
      SELECT ${COLUMNS} FROM made i`;
    return (await this.first(sql, [...valuesOf(fields), pk ?? null, by ?? null]))!;
  }

  /**
   * Returns an invitation and locks it until the end of the transaction, so that concurrent changes wait for each
   * other.
   */
  lock(pk: string): Promise<Invitation | undefined> {
    return this.first(`SELECT ${COLUMNS} FROM directory.invitations i WHERE i.id = $1 FOR UPDATE OF i`, [pk]);
  }

  /** Returns the changed invitation. Undefined when no invitation has this pk. */
  update(pk: string, fields: InvitationFields): Promise<Invitation | undefined> {
    const sql = `
      WITH changed AS (
        UPDATE directory.invitations SET name = $1, expires = $2, fixed_data = $3, single_use = $4, flow_id = $5
        WHERE id = $6 RETURNING *)
      SELECT ${COLUMNS} FROM changed i`;
    return this.first(sql, [...valuesOf(fields), pk]);
  }

  /** Returns whether an invitation had this pk and was deleted. */
  async remove(pk: string): Promise<boolean> {
    const sql = 'WITH gone AS (DELETE FROM directory.invitations WHERE id = $1 RETURNING id) SELECT id FROM gone';
    return (await this.store.query<unknown[]>(sql, [pk])).length > 0;
  }

  /** Returns the invitation if it exists, has not expired, and is for this flow or for every flow. */
  findUsable(pk: string, flow = NO_FLOW): Promise<RedeemableInvitation | undefined> {
    return this.first(FIND_USABLE, [pk, flow]);
  }

  /**
   * Returns the name of the invitation if it was valid, and deletes it if it is for a single use. Only one of several
   * concurrent calls for a single-use invitation returns a result.
   */
  redeem(pk: string, flow = NO_FLOW): Promise<Pick<RedeemableInvitation, 'name'> | undefined> {
    return this.first(REDEEM, [pk, flow]);
  }

  private async first<T = Invitation>(sql: string, values: unknown[]): Promise<T | undefined> {
    const [row] = await this.store.query<T[]>(sql, values);
    return row;
  }
}

/** Nil UUID, which no flow has. */
const NO_FLOW = '00000000-0000-0000-0000-000000000000';

const valuesOf = ({ name, expires, fixed_data, single_use, flow }: InvitationFields) => [
  ...[name, expires, JSON.stringify(fixed_data), single_use, flow],
];

/** Returns the WHERE condition of a filter on `LISTED`, with the values of its parameters. */
function conditionOf({ name, creator, expires, flow, words = [] }: InvitationFilter) {
  const values: unknown[] = [];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const conditions = [
    ...(name === undefined ? [] : [`i.name = ${parameter(name)}`]),
    ...(creator === undefined ? [] : [`c.username = ${parameter(creator)}`]),
    ...(expires === undefined ? [] : [`date_trunc('milliseconds', i.expires) = ${parameter(expires)}`]),
    ...(flow === undefined ? [] : [`i.flow_id = ${parameter(flow)}`]),
    ...words.map(({ word, flows }) => {
      const text = `lower(concat_ws(chr(10), i.name, i.expires, c.username))`;
      return `(strpos(${text}, lower(${parameter(word)})) > 0 OR i.flow_id = ANY (${parameter(flows)}::uuid[]))`;
    }),
  ];
  return { sql: conditions.join(' AND ') || 'true', values };
}
