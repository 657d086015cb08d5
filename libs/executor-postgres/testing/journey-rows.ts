import { randomUUID } from 'node:crypto';
import type { JourneyStep } from '@gatehouse/executor';
import type { DataSource } from 'typeorm';

/** A journey record (docs/spec/journeys.md) that a test inserts. */
export interface JourneyRow {
  /** Random by default. */
  readonly planId?: string;
  readonly flowId: string;
  readonly versionId: string;
  readonly version?: number | null;
  readonly outcome: 'done' | 'denied' | 'abandoned' | 'expired';
  readonly reason?: string;
  readonly loggedIn?: boolean;
  readonly steps: readonly JourneyStep[];
  readonly verdicts?: Readonly<Record<string, string>>;
  readonly endedAt?: Date;
}

/** Inserts journey records. */
export async function insertJourneys(source: DataSource, rows: readonly JourneyRow[]): Promise<void> {
  for (const { flowId, versionId, version = 1, outcome, loggedIn = false, ...rest } of rows)
    await source.query(
      `INSERT INTO flow.journeys (plan_id, flow_id, version_id, version, begun_at, ended_at, outcome, logged_in, steps, verdicts, reason)
       VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, $10)`,
      [
        ...[rest.planId ?? randomUUID(), flowId, versionId, version, rest.endedAt ?? new Date(), outcome, loggedIn],
        ...[JSON.stringify(rest.steps), JSON.stringify(rest.verdicts ?? {}), rest.reason],
      ],
    );
}
