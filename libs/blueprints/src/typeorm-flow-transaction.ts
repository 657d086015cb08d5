import type { DataSource, EntityManager } from 'typeorm';
import { lockBlueprints } from './typeorm-blueprint-lock.js';

/** Thrown when a change of flows has exceeded its time limit. The change was rolled back. */
export class RunTimeoutError extends Error {
  constructor() {
    super('the run of blueprints took too long, and was rolled back');
  }
}

/** How a change of flows waits for others, and how long it may take. */
export interface FlowTransactionOptions {
  /** Whether to wait while another process changes flows, or to throw FlowChangeBusyError. By default, it waits. */
  readonly ifBusy?: 'wait' | 'fail' | undefined;
  /** Milliseconds after which the change is rolled back with RunTimeoutError, counted from the call. */
  readonly timeoutMs?: number | undefined;
}

/** Runs a change of flows in one transaction, while no other process changes flows. */
export async function changeFlows<T>(
  source: DataSource,
  { ifBusy = 'wait', timeoutMs = Number.POSITIVE_INFINITY }: FlowTransactionOptions,
  change: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  return source
    .transaction(async (manager) => {
      if (timeoutMs < Number.POSITIVE_INFINITY) await limitStatements(manager, timeoutMs);
      await lockBlueprints(manager, ifBusy);
      const result = await change(manager);
      if (performance.now() > deadline) throw new RunTimeoutError();
      return result;
    })
    .catch((error: unknown) => {
      throw isStatementTimeout(error) ? new RunTimeoutError() : error;
    });
}

/**
 * Sets the statement timeout to the time limit of the whole change, because the default timeout of the role is meant
 * for requests of visitors.
 */
async function limitStatements(manager: EntityManager, timeoutMs: number): Promise<void> {
  await manager.query(`SET LOCAL statement_timeout = ${Math.max(1, Math.ceil(timeoutMs))}`);
}

/** SQLSTATE of a statement that Postgres has cancelled. */
const QUERY_CANCELED = '57014';

const isStatementTimeout = (error: unknown) =>
  (error as { driverError?: { code?: unknown } } | undefined)?.driverError?.code === QUERY_CANCELED;
