/** The arguments of a rollout, as texts in commands, HTTP requests and forms (docs/spec/rollout.md). */

/** Share of a version that gets all new plans, in hundredths of a percent. */
export const WHOLE_SHARE = 10_000;

/** Longest time for which a guard may watch, in seconds: a week. */
export const MAX_WATCH_S = 7 * 86_400;

/** Shortest time for which a guard may watch, in seconds. */
export const MIN_WATCH_S = 60;

/** Time for which a guard watches by default. */
export const DEFAULT_WATCH_TIME = '1h';

/** Largest drop that a guard may allow, in hundredths of a percentage point. */
export const MAX_MARGIN = 9999;

/** The allowed values of each argument, in words, for error messages. */
export const ROLLOUT_ARGUMENT_FORMS = {
  percent: 'a number from 0.01 to 100',
  for: 'a time such as 90m, 1h or 2d, from 1 minute to 7 days',
  guard: 'a drop of the completion rate such as completion=-2%, from 0.01 to 99.99 percentage points',
} as const;

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A condition under which the guard rolls back a rollout. */
export interface GuardCondition {
  readonly measure: 'completion';
  /** Allowed drop in hundredths of a percentage point. */
  readonly margin: number;
}

/** Parses a percentage such as `10` or `2.5` to a share in hundredths of a percent; `undefined` for any other text. */
export function parsePercent(text: string): number | undefined {
  const share = /^\d{1,3}(\.\d{1,2})?$/.test(text) ? Math.round(Number(text) * 100) : Number.NaN;
  return share >= 1 && share <= WHOLE_SHARE ? share : undefined;
}

/** Returns the seconds of a duration such as `90m`, `1h` or `2d`; `undefined` for any other text. */
export function parseWatchTime(text: string): number | undefined {
  const [, amount, unit = ''] = /^([1-9]\d{0,6})([smhd])$/.exec(text) ?? [];
  const seconds = Number(amount) * (SECONDS[unit] ?? Number.NaN);
  return seconds >= MIN_WATCH_S && seconds <= MAX_WATCH_S ? seconds : undefined;
}

/** Returns the guard of a text such as `completion=-2%`; `undefined` for any other text. */
export function parseGuard(text: string): GuardCondition | undefined {
  const [, percent] = /^completion=-(\d{1,2}(?:\.\d{1,2})?)%$/.exec(text) ?? [];
  const margin = Math.round(Number(percent) * 100);
  return margin >= 1 ? { measure: 'completion', margin } : undefined;
}

/** Returns the text that `parseGuard` reads. */
export const formatGuard = ({ measure, margin }: GuardCondition): string => `${measure}=-${margin / 100}%`;
