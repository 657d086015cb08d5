import { journeyPeriod } from '@gatehouse/executor-postgres';
import { CommandError } from '@gatehouse/local';

/** Returns the milliseconds of the option `--since`, by default 7 days. Throws CommandError for an invalid period. */
export function parsePeriod(text: string | undefined): number {
  const parsed = journeyPeriod.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new CommandError(`--since ${text}: ${parsed.error.issues[0]?.message}`);
}
