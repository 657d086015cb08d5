import { FlowRollouts, type RunningRollout } from '@gatehouse/blueprints';
import {
  DEFAULT_WATCH_TIME,
  formatGuard,
  type GuardCondition,
  parseGuard,
  parsePercent,
  parseWatchTime,
  ROLLOUT_ARGUMENT_FORMS,
  WHOLE_SHARE,
} from '@gatehouse/contracts';
import { CommandError } from '@gatehouse/local';
import { readConfig } from '@gatehouse/platform';
import { rolloutConfig } from '@gatehouse/rollout';
import type { CommandProcess } from '../command.js';
import { withFlowDatabase } from './flow-database.js';

interface RolloutArguments {
  readonly percent?: string | undefined;
  readonly for?: string | undefined;
  readonly guard?: string | undefined;
}

interface Rollout {
  readonly share: number;
  readonly guard: (GuardCondition & { readonly watchS: number }) | undefined;
}

/** Returns the requested rollout, or `undefined` if all new plans get the version at once. Throws CommandError. */
export function parseRollout({ percent, for: time, guard }: RolloutArguments): Rollout | undefined {
  if (percent === undefined && (guard !== undefined || time !== undefined))
    throw new CommandError('--guard and --for need --percent: they are about a rollout.');
  if (time !== undefined && guard === undefined)
    throw new CommandError('--for is the time for which a guard watches, so it needs --guard, such as completion=-2%.');
  const condition = guard === undefined ? undefined : guardOf(guard, time);
  const share = percent === undefined ? WHOLE_SHARE : (parsePercent(percent) ?? refuse('percent', percent));
  if (share < WHOLE_SHARE) return { share, guard: condition };
  if (guard !== undefined) throw new CommandError('--guard needs a --percent below 100, so that it can compare.');
  return undefined;
}

function guardOf(guard: string, time = DEFAULT_WATCH_TIME): Rollout['guard'] {
  const condition = parseGuard(guard) ?? refuse('guard', guard);
  return { ...condition, watchS: parseWatchTime(time) ?? refuse('for', time) };
}

/** Largest number of characters of an argument that an error message quotes. */
const MAX_QUOTED_LENGTH = 60;

function refuse(name: keyof typeof ROLLOUT_ARGUMENT_FORMS, text: string): never {
  const quoted = JSON.stringify(text.slice(0, MAX_QUOTED_LENGTH));
  throw new CommandError(`--${name} is ${quoted}, but must be ${ROLLOUT_ARGUMENT_FORMS[name]}.`);
}

interface RolloutStart extends Rollout {
  readonly slug: string;
  readonly number: number | undefined;
  readonly reason: string | undefined;
}

/** Gives a version a share of the new plans, and returns a text that says how the rollout will continue. */
export async function startRollout(
  { slug, number, reason, share, guard }: RolloutStart,
  process: CommandProcess,
): Promise<string> {
  const { ROLLOUT_GRACE_S: graceS } = readConfig(rolloutConfig, process.env);
  const rollout = await withFlowDatabase(process, 'flow publish', (database) =>
    new FlowRollouts(database).start(slug, number, { share, guard, graceS, reason }),
  );
  return formatStart(rollout).join('\n');
}

function formatStart({ slug, candidate, current, share, margin, watchUntil }: RunningRollout): string[] {
  const started = `version ${candidate} of ${slug} gets ${share / 100} % of the new plans, version ${current} the others`;
  const show = `show the rollout: npm run flow -- rollout ${slug}`;
  const end = `end it: npm run flow -- rollback ${slug}`;
  if (margin === null || watchUntil === null) return [started, 'no guard watches it', show, end];
  const guard = formatGuard({ measure: 'completion', margin });
  return [
    started,
    `the guard ${guard} watches until ${watchUntil.toISOString()}`,
    `if the rate drops by more, it goes back to version ${current}, unless version ${candidate} protects accounts more`,
    `otherwise it then publishes version ${candidate}, once there is enough data to compare`,
    show,
    end,
  ];
}
