import type { DataSource, EntityManager } from 'typeorm';
import { type Invitation, type InvitationFields, Invitations } from './invitations.js';

const COLUMNS = `i.id AS pk, i.name, i.expires, i.fixed_data, i.single_use, i.flow_id AS flow,
  (SELECT u.pk FROM directory.users u WHERE u.id = i.created_by) AS created_by`;

const USABLE = `i.id = $1 AND (i.expires IS NULL OR i.expires > now()) AND (i.flow_id IS NULL OR i.flow_id = $2::uuid)`;
const FIND_USABLE = `SELECT ${COLUMNS} FROM directory.invitations i WHERE ${USABLE}`;
/** Of many at once one uses it up: each waits for the one before, and then looks again. */
const REDEEM = `
  WITH used AS (DELETE FROM directory.invitations i WHERE ${USABLE} AND i.single_use RETURNING i.id)
  SELECT id FROM used UNION ALL SELECT i.id FROM directory.invitations i WHERE ${USABLE} AND NOT i.single_use`;

/** Reads and writes `directory.invitations`, each change in one statement. */
export class TypeormInvitations extends Invitations {
  constructor(private readonly store: Pick<DataSource | EntityManager, 'query'>) {
    super();
  }

  find(by: { pk: string } | { name: string }): Promise<Invitation | undefined> {
    const [column, value] = 'pk' in by ? ['id', by.pk] : ['name', by.name];
    const sql = `SELECT ${COLUMNS} FROM directory.invitations i WHERE i.${column} = $1 ORDER BY i.created_at LIMIT 1`;
    return this.first(sql, [value]);
  }

  list({ offset, limit }: { offset: number; limit: number }): Promise<Invitation[]> {
    const sql = `SELECT ${COLUMNS} FROM directory.invitations i ORDER BY i.created_at DESC, i.id LIMIT $1 OFFSET $2`;
    return this.store.query<Invitation[]>(sql, [limit, offset]);
  }

  async count(): Promise<number> {
    const [row] = await this.store.query<{ count: number }[]>('SELECT count(*)::int FROM directory.invitations');
    return row!.count;
  }

  async create({ pk, by, ...fields }: Parameters<Invitations['create']>[0]): Promise<Invitation> {
    const sql = `
      WITH made AS (
        INSERT INTO directory.invitations (name, expires, fixed_data, single_use, flow_id, id, created_by)
        VALUES ($1, $2, $3, $4, $5, coalesce($6::uuid, gen_random_uuid()), $7) RETURNING *)
      SELECT ${COLUMNS} FROM made i`;
    return (await this.first(sql, [...valuesOf(fields), pk ?? null, by ?? null]))!;
  }

  update(pk: string, fields: InvitationFields): Promise<Invitation | undefined> {
    const sql = `
      WITH changed AS (
        UPDATE directory.invitations SET name = $1, expires = $2, fixed_data = $3, single_use = $4, flow_id = $5
        WHERE id = $6 RETURNING *)
      SELECT ${COLUMNS} FROM changed i`;
    return this.first(sql, [...valuesOf(fields), pk]);
  }

  async remove(pk: string): Promise<boolean> {
    const sql = 'WITH gone AS (DELETE FROM directory.invitations WHERE id = $1 RETURNING id) SELECT id FROM gone';
    return (await this.store.query<unknown[]>(sql, [pk])).length > 0;
  }

  findUsable(pk: string, flow = NO_FLOW): Promise<Invitation | undefined> {
    return this.first(FIND_USABLE, [pk, flow]);
  }

  async redeem(pk: string, flow = NO_FLOW): Promise<boolean> {
    return (await this.store.query<unknown[]>(REDEEM, [pk, flow])).length > 0;
  }

  private async first(sql: string, values: unknown[]): Promise<Invitation | undefined> {
    const [row] = await this.store.query<Invitation[]>(sql, values);
    return row;
  }
}

/** The id of no flow. */
const NO_FLOW = '00000000-0000-0000-0000-000000000000';

const valuesOf = ({ name, expires, fixed_data, single_use, flow }: InvitationFields) => [
  ...[name, expires, JSON.stringify(fixed_data), single_use, flow],
];
