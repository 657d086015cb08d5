import { createHash, randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import type { Sealer } from '../../libs/platform/src/sealing.js';

/** Rows that requests take in turns, so that no two of them meet at one. */
const ROWS = 2000;

/** A plan as small as those of the dummy flows. */
const PLAN = {
  v: 1,
  steps: [{ binding: 'x'.repeat(36) }],
  cursor: 0,
  context: {},
  states: {},
  filler: 'x'.repeat(280),
};

const SELECT = {
  name: 'floor_select',
  text: `SELECT s.id AS session, p.id, p.revision, p.body FROM bench.sessions s JOIN bench.plans p ON p.session = s.id
         WHERE s.key = $1 AND s.expires_at > now()`,
};
const UPDATE = {
  name: 'floor_update',
  text: `UPDATE bench.plans SET revision = revision + 1, body = $3, expires_at = now() + interval '1 hour'
         WHERE id = $1 AND revision = $2 RETURNING id`,
};

interface Row {
  readonly id: string;
  readonly revision: number;
  readonly body: Buffer;
}

const keyOf = (row: number) => createHash('sha256').update(String(row)).digest();

/** A session and a plan in Postgres: what no solve can do without. */
export class FloorTable {
  private turn = 0;

  constructor(
    private readonly pool: Pool,
    private readonly sealer: Sealer,
  ) {}

  async fill(): Promise<void> {
    await this.pool.query(`
      CREATE SCHEMA bench;
      CREATE TABLE bench.sessions (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), key bytea UNIQUE,
        expires_at timestamptz DEFAULT now() + interval '1 day');
      CREATE TABLE bench.plans (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), session uuid UNIQUE, revision int DEFAULT 0,
        body bytea, expires_at timestamptz) WITH (fillfactor = 70)`);
    for (let row = 0; row < ROWS; row++) {
      const { rows } = await this.pool.query<{ id: string }>(
        `WITH s AS (INSERT INTO bench.sessions (key) VALUES ($1) RETURNING id)
         INSERT INTO bench.plans (session, body) SELECT id, $2 FROM s RETURNING id`,
        [keyOf(row), randomBytes(0)],
      );
      const { id } = rows[0]!;
      const body = this.sealer.seal({ table: 'bench', id, revision: 0 }, PLAN);
      await this.pool.query('UPDATE bench.plans SET body = $2 WHERE id = $1', [id, body]);
    }
  }

  /** One plan loaded and opened. */
  async load(): Promise<{ row: Row; plan: unknown }> {
    const { rows } = await this.pool.query<Row>({ ...SELECT, values: [keyOf(this.turn++ % ROWS)] });
    const row = rows[0]!;
    return { row, plan: this.sealer.open({ table: 'bench', id: row.id, revision: row.revision }, row.body) };
  }

  /** The same plan sealed and saved, if nobody else has. */
  async save({ id, revision }: Row, plan: unknown): Promise<boolean> {
    const body = this.sealer.seal({ table: 'bench', id, revision: revision + 1 }, plan);
    return (await this.pool.query({ ...UPDATE, values: [id, revision, body] })).rowCount === 1;
  }
}
