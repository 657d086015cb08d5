import { RolloutArgumentError } from './rollout-argument-error.js';

/** Longest time for which a guard may watch, in seconds: a week. */
export const MAX_WATCH_S = 7 * 86_400;

/** Shortest time for which a guard may watch, in seconds. */
export const MIN_WATCH_S = 60;

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A condition under which a rollout is taken back. */
export interface Guard {
  readonly measure: 'completion';
  /** Allowed drop in hundredths of a percent point. */
  readonly margin: number;
}

/** Returns a share in hundredths of a percent, of a text such as `10` or `2.5`. Throws RolloutArgumentError. */
export function parsePercent(text: string): number {
  const share = /^\d{1,3}(\.\d{1,2})?$/.test(text) ? Math.round(Number(text) * 100) : Number.NaN;
  if (share >= 1 && share <= 10_000) return share;
  throw new RolloutArgumentError(`--percent is ${quoted(text)}, but must be a number from 0.01 to 100.`);
}

/** Returns the seconds of a duration such as `90m`, `1h` or `2d`. Throws RolloutArgumentError. */
export function parseWatchTime(text: string): number {
  const [, amount, unit = ''] = /^([1-9]\d{0,6})([smhd])$/.exec(text) ?? [];
  const seconds = Number(amount) * (SECONDS[unit] ?? Number.NaN);
  if (seconds >= MIN_WATCH_S && seconds <= MAX_WATCH_S) return seconds;
  throw new RolloutArgumentError(
    `--for is ${quoted(text)}, but must be a time such as 90m, 1h or 2d, from 1 minute to 7 days.`,
  );
}

/** Returns the guard of a text such as `completion=-2%`. Throws RolloutArgumentError. */
export function parseGuard(text: string): Guard {
  const [, percent] = /^completion=-(\d{1,2}(?:\.\d{1,2})?)%$/.exec(text) ?? [];
  const margin = Math.round(Number(percent) * 100);
  if (margin >= 1) return { measure: 'completion', margin };
  throw new RolloutArgumentError(
    `--guard is ${quoted(text)}, but must be a drop of the completion rate such as completion=-2%, from 0.01 to 99.99 percent points.`,
  );
}

/** Returns the text that `parseGuard` reads. */
export const formatGuard = ({ measure, margin }: Guard): string => `${measure}=-${margin / 100}%`;

/** Longest text of an argument that a message repeats. */
const MAX_QUOTED_LENGTH = 60;

const quoted = (text: string) => JSON.stringify(text.slice(0, MAX_QUOTED_LENGTH));
