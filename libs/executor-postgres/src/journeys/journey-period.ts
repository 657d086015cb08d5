import { z } from 'zod';

const HOURS = { h: 1, d: 24 } as const;
const HOUR_MS = 3_600_000;
/** The longest period in hours: one day more than records can be kept. */
const MAX_HOURS = 367 * 24;

/** Schema of a period that ends now, such as `12h` or `7d` (the default). Parses it to milliseconds. */
export const journeyPeriod = z
  .string()
  .default('7d')
  .transform((text, context) => {
    const [, number, unit] = /^([1-9]\d{0,4})([hd])$/.exec(text) ?? [];
    const hours = Number(number) * HOURS[unit as keyof typeof HOURS];
    if (hours <= MAX_HOURS) return hours * HOUR_MS;
    context.addIssue({ code: 'custom', message: 'Must be a number of hours or days up to 367d, such as 12h or 7d.' });
    return z.NEVER;
  });
