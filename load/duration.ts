import { z } from 'zod';

const MS_PER_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;

/** Parses a duration such as `500ms`, `30s`, `5m` or `1h` to milliseconds. */
export const duration = z
  .string('is not a duration such as 500ms, 30s, 5m or 1h')
  .regex(DURATION, 'is not a duration such as 500ms, 30s, 5m or 1h')
  .transform((text) => {
    const [, value, unit = ''] = DURATION.exec(text) ?? [];
    return Number(value) * (MS_PER_UNIT[unit] ?? Number.NaN);
  });

/**
 * Returns a schema that parses durations as `duration` does, from `min` to `max`. Its JSON Schema has both limits as
 * `x-limits`.
 */
export const durationWithin = (min: string, max: string) => {
  const [least, most] = [duration.parse(min), duration.parse(max)];
  return duration.refine((ms) => ms >= least && ms <= most, `must be from ${min} to ${max}`);
};
