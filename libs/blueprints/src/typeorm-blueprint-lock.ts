import type { EntityManager } from 'typeorm';

/** The advisory lock that serialises changes of flows by several processes. */
const LOCK = `hashtext('gatehouse blueprints')`;

/** Thrown when another process changes flows at the moment. */
export class FlowChangeBusyError extends Error {
  constructor() {
    super('another change of flows is running');
  }
}

/**
 * Takes the lock until the end of the transaction. With `ifBusy: 'fail'`, throws FlowChangeBusyError instead of waiting
 * for the process that has it.
 */
export async function lockBlueprints(manager: EntityManager, ifBusy: 'wait' | 'fail'): Promise<void> {
  if (ifBusy === 'wait') return void (await manager.query(`SELECT pg_advisory_xact_lock(${LOCK})`));
  const [row]: { locked: boolean }[] = await manager.query(`SELECT pg_try_advisory_xact_lock(${LOCK}) AS locked`);
  if (!row?.locked) throw new FlowChangeBusyError();
}
