import { formatGuard, printableJson } from '@gatehouse/contracts';
import { CommandError } from '@gatehouse/local';
import { readConfig } from '@gatehouse/platform';
import {
  type GuardFinding,
  MIN_NETWORKS,
  MIN_PLANS,
  type RolloutStatus,
  RolloutStatusRepository,
  rolloutConfig,
  SET_ASIDE,
  type VersionSummary,
} from '@gatehouse/rollout';
import { type CommandProcess, parseCommandArguments } from '../command.js';
import { withFlowDatabase } from './flow-database.js';

const USAGE = 'usage: npm run flow -- rollout SLUG [--json]';

const VERDICTS: Readonly<Record<GuardFinding['verdict'], string>> = {
  too_few: `too little data to decide: ${MIN_PLANS} plans from ${MIN_NETWORKS + SET_ASIDE} networks of each version are needed, and from ${SET_ASIDE} more for each other day`,
  lower: 'the rate has dropped by more than the guard allows',
  unclear: 'the rate seems to have dropped by more than the guard allows, but too few plans show it',
  not_lower: 'the rate has not dropped by more than the guard allows',
};

/** Shows the version of a flow that is being rolled out: its share, its completion rate and the state of its guard. */
export async function showRollout(args: readonly string[], process: CommandProcess): Promise<string> {
  const { values, names } = parseCommandArguments(args, { json: { type: 'boolean', default: false } });
  const [slug = '', ...others] = names;
  if (others.length > 0) throw new CommandError(USAGE);
  const { ROLLOUT_SETTLE_S: settleS } = readConfig(rolloutConfig, process.env);
  const shown = await withFlowDatabase(process, undefined, ({ source }) =>
    new RolloutStatusRepository({ source, settleS }).find(slug),
  );
  return values.json ? printableJson(presented(shown)) : formatRollout(shown).join('\n');
}

const presented = ({
  flowId: _flow,
  currentId: _current,
  candidateId: _candidate,
  share,
  margin,
  ...shown
}: RolloutStatus) => ({
  ...shown,
  percent: share / 100,
  guard: margin === null ? null : formatGuard({ measure: 'completion', margin }),
});

function formatRollout(shown: RolloutStatus): string[] {
  const { slug, candidate, current, share, startedAt, countedFrom, counts } = shown;
  return [
    `version ${candidate} of ${slug} gets ${share / 100} % of the new plans, version ${current} the others`,
    `started ${startedAt.toISOString()}, counted from ${countedFrom.toISOString()}`,
    `version ${current}: ${formatSummary(counts.current)}`,
    `version ${candidate}: ${formatSummary(counts.candidate)}`,
    ...formatGuardState(shown),
  ];
}

function formatSummary({ plans, completed, networks, rate }: VersionSummary): string {
  if (plans === 0) return 'no answered plans yet';
  const weighted = rate === undefined ? '' : `, ${(rate * 100).toFixed(1)} % with networks weighted`;
  return `${completed} of ${plans} answered plans completed (${((completed / plans) * 100).toFixed(1)} %${weighted}), from ${networks} networks`;
}

function formatGuardState({
  margin,
  watchUntil,
  lookedAt,
  haltedAt,
  finding,
  chosenUntil,
  candidate,
}: RolloutStatus): string[] {
  if (margin === null || watchUntil === null) return ['no guard watches it'];
  const guard = formatGuard({ measure: 'completion', margin });
  const verdict =
    finding === null ? 'it has not looked yet' : `${VERDICTS[finding.verdict]} (${lookedAt?.toISOString()})`;
  if (haltedAt !== null)
    return [
      `the guard ${guard} has stopped at ${haltedAt.toISOString()}: ${verdict}`,
      'it has not gone back, because the version before may protect accounts less; decide yourself',
    ];
  const away = chosenUntil !== null && chosenUntil < new Date();
  return [
    `the guard ${guard} watches until ${watchUntil.toISOString()}: ${verdict}`,
    ...(away ? [`no guard has looked since: new plans do not get version ${candidate} until one does`] : []),
  ];
}
