import { z } from 'zod';
import { pythonText } from './python-text.js';
import { schemaLayers } from './schema-layers.js';

const SECONDS = {
  microseconds: 1e-6,
  milliseconds: 1e-3,
  seconds: 1,
  minutes: 60,
  hours: 3600,
  days: 86_400,
  weeks: 604_800,
} as const;

/**
 * Returns the seconds of a duration such as `hours=3;minutes=1` (docs/spec/fields.md#durations). Returns undefined for
 * invalid text.
 */
export function parseDuration(text: string): number | undefined {
  let total: number | undefined;
  for (const pair of text.split(';')) {
    const [key = '', value = ''] = pair.split('=');
    const unit = SECONDS[key.trim().toLowerCase() as keyof typeof SECONDS];
    if (unit === undefined) continue;
    const number = value.trim() === '' ? Number.NaN : Number(value);
    if (!Number.isFinite(number)) return undefined;
    total = (total ?? 0) + number * unit;
  }
  return total;
}

/** Longest duration in a config, positive or negative: a hundred years in seconds. */
export const MAX_DURATION_S = 100 * 365.25 * 86_400;

const durations = z.registry<{ readonly format: 'duration' }>();

/** Returns the schema of a duration in a config. `seconds()` converts the text. */
export const duration = (fallback: string) =>
  z
    .string()
    .register(durations, { format: 'duration' })
    .default(fallback)
    .refine((text) => parseDuration(text) !== undefined, {
      error: (issue) => `${String(issue.input)} is not in the correct format of 'hours=3;minutes=1'.`,
      abort: true,
    })
    .refine((text) => Math.abs(seconds(text)) <= MAX_DURATION_S, { error: 'Ensure this is at most a hundred years.' });

/**
 * Returns the schema of a duration that 2024.8 configured as a number of minutes, from one second to `maxS` seconds.
 * `secondsOf()` converts both.
 */
export const minutesOrDuration = (fallback: number, maxS: number) =>
  z
    .unknown()
    .transform((value, ctx): string | number => {
      const isNumber = typeof value === 'number' || (typeof value === 'string' && /^\s*\d+\s*$/.test(value));
      const parsed = isNumber ? Number(value) : String(value);
      const length = typeof value === 'string' || isNumber ? secondsOf(parsed) : undefined;
      if (length !== undefined && length >= 1 && length <= maxS) return parsed;
      const range = length === undefined ? '' : ` It lasts from a second to ${maxS / 86_400} days.`;
      const text = `${pythonText(value)} is not a duration such as minutes=30, nor a number of minutes.${range}`;
      ctx.addIssue({ code: 'custom', params: { message: { text } } });
      return z.NEVER;
    })
    .meta({ wire: { anyOf: [{ type: 'integer', minimum: 1, maximum: maxS / 60 }, { type: 'string' }] } })
    .register(durations, { format: 'duration' })
    .default(fallback);

/** Returns the seconds of a duration or of a number of minutes; undefined for invalid text. */
export const secondsOf = (value: string | number): number | undefined =>
  typeof value === 'number' ? value * SECONDS.minutes : parseDuration(value);

/** Returns whether the schema of a config field is that of a duration. */
export const isDuration = (schema: unknown): boolean =>
  [...schemaLayers(schema)].some((layer) => durations.get(layer) !== undefined);

/** Returns the seconds of a valid duration. */
export const seconds = (text: string): number => parseDuration(text) ?? 0;
