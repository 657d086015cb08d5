import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { commitStatement } from '../../libs/executor-postgres/src/commit-statement.js';
import { CREATE_PLAN_AND_SESSION, LOAD_FLOW } from '../../libs/executor-postgres/src/plan.statements.js';
import { loadValues, type PlanLifetimes } from '../../libs/executor-postgres/src/postgres-plan-store.js';
import type { Sealer } from '../../libs/platform/src/sealing.js';
import { PLAN, type Row, SessionKeys, type Table } from './plan-table.js';

const SLUG = 'one-dummy';
const DAY_S = 86_400;
const LIFETIMES: PlanLifetimes = {
  ...{ anonymousSessionS: DAY_S, unansweredS: DAY_S, sessionS: DAY_S, planS: DAY_S },
  ...{ sourceLoginS: DAY_S, proofS: DAY_S, credentialProofS: DAY_S },
};

/** Deletes the sessions of an earlier part of the benchmark. $1 their keys. */
const DELETE_SESSIONS =
  'DELETE FROM flow.sessions WHERE id IN (SELECT session_id FROM flow.session_keys WHERE hash = ANY ($1::bytea[]))';

interface LoadedRow {
  readonly flow_id: string;
  readonly session_id: string;
  readonly plan_id: string;
  readonly revision: number;
  readonly body: Buffer;
}

const sealedAs = (id: string, revision: number) => ({ table: 'flow.plans', id, revision });

/** The tables of the product, with the two statements that load and save the plan in a solve. */
export class ProductTable implements Table {
  private readonly keys = new SessionKeys();
  private flowId = '';

  constructor(
    private readonly pool: Pool,
    private readonly sealer: Sealer,
  ) {}

  async fill(): Promise<void> {
    const { rows } = await this.pool.query('SELECT id, version_id FROM flow.flows WHERE slug = $1', [SLUG]);
    const { id: flow, version_id: version } = rows[0] as { id: string; version_id: string };
    this.flowId = flow;
    await this.pool.query(DELETE_SESSIONS, [SessionKeys.all()]);
    for (const key of SessionKeys.all()) {
      const plan = randomUUID();
      const body = this.sealer.seal(sealedAs(plan, 0), PLAN);
      const begin = [randomUUID(), flow, plan, version, null, body, '1 day', null, null, 0, null, key, '1 day', null];
      await this.pool.query({ ...CREATE_PLAN_AND_SESSION, values: begin });
    }
  }

  async load(): Promise<{ row: Row; plan: unknown }> {
    const { rows } = await this.pool.query<LoadedRow>({
      ...LOAD_FLOW,
      values: loadValues(SLUG, this.keys.next(), { attributes: false, lifetimes: LIFETIMES }),
    });
    const { plan_id: id, session_id: session, revision, body } = rows[0]!;
    return { row: { id, session, revision, body }, plan: this.sealer.open(sealedAs(id, revision), body) };
  }

  async save({ id, session, revision }: Row, plan: unknown): Promise<boolean> {
    const body = this.sealer.seal(sealedAs(id, revision + 1), plan);
    const row = { session, flow: this.flowId, plan: id, revision, pending_user: null };
    const [statement, values] = commitStatement(
      { ...row, body, lifetime: '1 day', is_over: false, has_answer: true },
      {},
    );
    return (await this.pool.query({ ...statement, values })).rowCount === 1;
  }
}
