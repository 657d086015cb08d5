import type { StageReply } from '@gatehouse/contracts';
import { type AttemptReservation, NETWORK_CREDENTIAL } from './attempt-store.js';

/** What becomes of taken attempts when the plan is saved: rows deleted, or one attempt given back. The rest stays counted. */
export interface AttemptSettlement {
  readonly cleared: readonly AttemptReservation[];
  readonly returned: readonly AttemptReservation[];
}

export const EMPTY_SETTLEMENT: AttemptSettlement = { cleared: [], returned: [] };

/** Settles attempts by what the stage said of them (docs/spec/attempts.md#settlement). */
export function settleAttempts(claims: readonly AttemptReservation[], reply: StageReply): AttemptSettlement {
  switch (reply.type) {
    case 'challenge':
      return { cleared: [], returned: claims };
    case 'passed': {
      // One right answer does not make up for what else was tried from there.
      const verified = new Set(reply.verified);
      verified.delete(NETWORK_CREDENTIAL);
      return {
        cleared: claims.filter(({ credential }) => verified.has(credential)),
        returned: claims.filter(({ credential }) => !verified.has(credential)),
      };
    }
    case 'rejected':
    case 'denied': {
      // A network has failed when anything sent from it has.
      const failed = new Set(reply.failed);
      if (failed.size > 0) failed.add(NETWORK_CREDENTIAL);
      return { cleared: [], returned: claims.filter(({ credential }) => !failed.has(credential)) };
    }
  }
}

export const mergeSettlements = (a: AttemptSettlement, b: AttemptSettlement): AttemptSettlement => ({
  cleared: [...a.cleared, ...b.cleared],
  returned: [...a.returned, ...b.returned],
});

/** For an answer that is refused as a whole: what one of its parts verified is given back, not cleared. */
export const releaseInsteadOfClear = ({ cleared, returned }: AttemptSettlement): AttemptSettlement => ({
  cleared: [],
  returned: [...returned, ...cleared],
});
