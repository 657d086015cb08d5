import { type FlowChangeResult, formatGuard } from '@gatehouse/contracts';
import type { RolloutStatus, VersionSummary } from '@gatehouse/rollout';

type Rollout = FlowChangeResult<'rollout'>;

/** Returns a running rollout in the form of the reply to the gateway. */
export function presentRollout(rollout: RolloutStatus): Rollout {
  const { slug, current, candidate, share, startedAt, countedFrom, chosenUntil, counts } = rollout;
  return {
    ...{ slug, current, candidate, percent: share / 100 },
    started: startedAt.toISOString(),
    counted_from: countedFrom.toISOString(),
    chosen_until: chosenUntil?.toISOString() ?? null,
    counts: { current: presentCounts(counts.current), candidate: presentCounts(counts.candidate) },
    guard: presentGuard(rollout),
  };
}

const presentCounts = ({ plans, completed, networks, rate }: VersionSummary) => ({
  ...{ plans, completed, networks, rate: rate ?? null },
});

function presentGuard({ margin, watchUntil, lookedAt, haltedAt, tests, finding }: RolloutStatus): Rollout['guard'] {
  if (margin === null || watchUntil === null) return null;
  return {
    condition: formatGuard({ measure: 'completion', margin }),
    margin: margin / 100,
    until: watchUntil.toISOString(),
    looked: lookedAt?.toISOString() ?? null,
    halted: haltedAt?.toISOString() ?? null,
    ...{ tests, verdict: finding?.verdict ?? null },
  };
}
