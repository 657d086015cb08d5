import type { DataSource } from 'typeorm';

/**
 * Largest number of rows that one sweep deletes from a table, so that the sweep holds row locks only for a short time.
 */
const BATCH = 5000;

const EXPIRED: Readonly<Record<string, string>> = {
  'flow.plans': 'expires_at < now()',
  'flow.session_keys': 'until < now()',
  'flow.sessions': 'expires_at < now()',
  'flow.attempts': `updated_at < now() - coalesce(forget_after, CASE WHEN failures = 0 THEN interval '1 day' END)`,
  'flow.reputation': 'expires_at < now()',
  'flow.resume_tokens': 'expires_at < now()',
  'flow.source_logins': 'expires_at < now()',
};

/**
 * Deletes expired rows to free space. Correctness does not depend on the deletion: every statement ignores expired
 * rows.
 */
export class ExpiredRowCleaner {
  constructor(private readonly source: DataSource) {}

  /** Deletes one batch of expired rows per table. Does nothing while another gateway sweeps (advisory lock). */
  async sweep(): Promise<void> {
    await this.source.transaction(async (manager) => {
      const [row] = await manager.query<{ mine: boolean }[]>(
        `SELECT pg_try_advisory_xact_lock(hashtext('gatehouse janitor')) AS mine`,
      );
      if (!row?.mine) return;
      for (const [table, expired] of Object.entries(EXPIRED)) {
        await manager.query(
          `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE ${expired} LIMIT ${BATCH} FOR UPDATE SKIP LOCKED))`,
        );
      }
    });
  }
}
