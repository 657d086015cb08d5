import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import type { Sealer } from '../../libs/platform/src/sealing.js';
import { PLAN, type Row, SessionKeys, type Table } from './plan-table.js';

const SELECT = {
  name: 'baseline_select',
  text: `SELECT s.id AS session, p.id, p.revision, p.body FROM bench.sessions s JOIN bench.plans p ON p.session = s.id
         WHERE s.key = $1 AND s.expires_at > now()`,
};
const UPDATE = {
  name: 'baseline_update',
  text: `UPDATE bench.plans SET revision = revision + 1, body = $3, expires_at = now() + interval '1 hour'
         WHERE id = $1 AND revision = $2 RETURNING id`,
};

/** Minimal tables of sessions and plans, with the two cheapest statements that load and save a plan. */
export class MinimalTable implements Table {
  private readonly keys = new SessionKeys();

  constructor(
    private readonly pool: Pool,
    private readonly sealer: Sealer,
  ) {}

  async fill(): Promise<void> {
    await this.pool.query(`
      DROP SCHEMA IF EXISTS bench CASCADE;
      CREATE SCHEMA bench;
      CREATE TABLE bench.sessions (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), key bytea UNIQUE,
        expires_at timestamptz DEFAULT now() + interval '1 day');
      CREATE TABLE bench.plans (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), session uuid UNIQUE, revision int DEFAULT 0,
        body bytea, expires_at timestamptz) WITH (fillfactor = 70)`);
    for (const key of SessionKeys.all()) {
      const { rows } = await this.pool.query<{ id: string }>(
        `WITH s AS (INSERT INTO bench.sessions (key) VALUES ($1) RETURNING id)
         INSERT INTO bench.plans (session, body) SELECT id, $2 FROM s RETURNING id`,
        [key, randomBytes(0)],
      );
      const { id } = rows[0]!;
      const body = this.sealer.seal({ table: 'bench', id, revision: 0 }, PLAN);
      await this.pool.query('UPDATE bench.plans SET body = $2 WHERE id = $1', [id, body]);
    }
  }

  async load(): Promise<{ row: Row; plan: unknown }> {
    const { rows } = await this.pool.query<Row>({ ...SELECT, values: [this.keys.next()] });
    const row = rows[0]!;
    return { row, plan: this.sealer.open({ table: 'bench', id: row.id, revision: row.revision }, row.body) };
  }

  async save({ id, revision }: Row, plan: unknown): Promise<boolean> {
    const body = this.sealer.seal({ table: 'bench', id, revision: revision + 1 }, plan);
    return (await this.pool.query({ ...UPDATE, values: [id, revision, body] })).rowCount === 1;
  }
}
