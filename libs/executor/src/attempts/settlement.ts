import type { StageReply } from '@gatehouse/contracts';
import { type AttemptReservation, NETWORK_CREDENTIAL } from './attempt-store.js';

/** What happens to reserved attempts when the plan is saved. Attempts that neither list contains stay counted. */
export interface AttemptSettlement {
  /** Attempts whose credentials were verified: the save deletes their counters. */
  readonly reset: readonly AttemptReservation[];
  /** Attempts that were not judged: the save subtracts them from their counters. */
  readonly released: readonly AttemptReservation[];
}

export const EMPTY_SETTLEMENT: AttemptSettlement = { reset: [], released: [] };

/**
 * Returns which attempts to reset or release after a stage's reply (docs/spec/attempts.md#settlement). `assumed` are
 * credentials that the reply judges without naming them. An empty `failed` says that no credential failed.
 */
export function settleAttempts(
  reservations: readonly AttemptReservation[],
  reply: StageReply,
  assumed: readonly string[] = [],
): AttemptSettlement {
  switch (reply.type) {
    case 'challenge':
      return { reset: [], released: reservations };
    case 'passed': {
      // A right answer does not reset the failures of its whole network.
      const verified = new Set([...(reply.verified ?? []), ...assumed]);
      verified.delete(NETWORK_CREDENTIAL);
      return {
        reset: reservations.filter(({ credential }) => verified.has(credential)),
        released: reservations.filter(({ credential }) => !verified.has(credential)),
      };
    }
    case 'rejected':
    case 'denied': {
      // A failed attempt at any credential also stays counted for the network.
      const failed = new Set(reply.failed?.length === 0 ? [] : [...(reply.failed ?? []), ...assumed]);
      if (failed.size > 0) failed.add(NETWORK_CREDENTIAL);
      return { reset: [], released: reservations.filter(({ credential }) => !failed.has(credential)) };
    }
  }
}

export const mergeSettlements = (a: AttemptSettlement, b: AttemptSettlement): AttemptSettlement => ({
  reset: [...a.reset, ...b.reset],
  released: [...a.released, ...b.released],
});

/** Returns the settlement for an answer that is refused as a whole: verified attempts are released, not reset. */
export const releaseInsteadOfReset = ({ reset, released }: AttemptSettlement): AttemptSettlement => ({
  reset: [],
  released: [...released, ...reset],
});
