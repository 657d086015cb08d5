/**
 * Parses dates and date-times as authentik does (docs/spec/fields.md#dates). First tries the rules of Python's
 * `fromisoformat`, which accepts ISO 8601 without separators, week dates and any separator before the time. Then tries
 * a looser format with single digits. Results are ISO 8601 text.
 */

interface ParsedDate {
  readonly value: string;
}

/** A time of day, or an offset from UTC. */
interface Clock {
  readonly seconds: number;
  readonly micros: number;
}

/** A parsed date-time. */
interface DateTimeParts {
  readonly day: Date;
  readonly time: Clock;
  readonly offset: Clock;
}

type Groups = Readonly<Record<string, string | undefined>>;

const DAY_S = 86_400;
const MICROS = 1_000_000;
const MIDNIGHT: Clock = { seconds: 0, micros: 0 };

/** `2024-01-01`, `20240101`, `2024-W01`, `2024-W01-1`, `2024W01`, `2024W011`. A weekday is a single digit. */
const ISO_DAY = String.raw`(?<year>\d{4})(?:-(?<month>\d\d)-(?<day>\d\d)|(?<month2>\d\d)(?<day2>\d\d)|-W(?<week>\d\d)(?:-(?<weekday>\d)(?!\d))?|W(?<week2>\d\d)(?<weekday2>\d)?)`;
/**
 * `10`, `10:30`, `10:30:15`, `1030`, `103015`. Only seconds may have a fraction, because Python misreads a fraction of
 * hours or minutes.
 */
const ISO_CLOCK = String.raw`\d\d(?::\d\d(?::\d\d(?:[.,]\d+)?)?|\d\d(?:\d\d(?:[.,]\d+)?)?)?`;
const LOOSE_DAY = String.raw`(?<year>\d{4})-(?<month>\d{1,2})-(?<day>\d{1,2})`;

const ISO_DATE = new RegExp(`^${ISO_DAY}$`);
const LOOSE_DATE = new RegExp(`^${LOOSE_DAY}$`);
const ISO_DATE_TIME = new RegExp(`^${ISO_DAY}(?:[^](?<time>${ISO_CLOCK})(?<offset>Z|[+-]${ISO_CLOCK})?)?$`, 'u');
const LOOSE_DATE_TIME = new RegExp(
  String.raw`^${LOOSE_DAY}[T ](?<time>\d{1,2}:\d{1,2}(?::\d{1,2}(?:[.,]\d{1,6}\d{0,6})?)?)\s*(?<offset>Z|[+-]\d\d(?::?\d\d)?)?$`,
);
const CLOCK = /^(?<hours>\d{1,2})(?::?(?<minutes>\d{1,2}))?(?::?(?<seconds>\d{1,2}))?(?:[.,](?<fraction>\d{1,6})\d*)?$/;
const FIRST_YEAR = Date.parse('0001-01-01T00:00:00Z');
const AFTER_LAST_YEAR = Date.parse('+010000-01-01T00:00:00Z');

/** Returns the date as `YYYY-MM-DD`; `undefined` if no format matches or the day does not exist. */
export function parseDate(value: unknown): ParsedDate | undefined {
  const text = textIn(value);
  const day = dayOf(ISO_DATE.exec(text)?.groups) ?? dayOf(LOOSE_DATE.exec(text)?.groups);
  return day && { value: day.toISOString().slice(0, 10) };
}

/**
 * Returns the date-time in UTC. A text without an offset is read as UTC, a date without a time as midnight. Returns
 * undefined for text in any other format.
 */
export function parseDateTime(value: unknown): ParsedDate | undefined {
  const text = textIn(value);
  const parts = partsOf(ISO_DATE_TIME.exec(text)?.groups) ?? partsOf(LOOSE_DATE_TIME.exec(text)?.groups);
  if (!parts) return undefined;
  const { day, time, offset } = parts;
  const micros = time.micros - offset.micros;
  const carried = Math.floor(micros / MICROS);
  const dateTime = new Date(day.getTime() + (time.seconds - offset.seconds + carried) * 1000);
  if (!isInCalendar(dateTime)) return undefined;
  const rest = micros - carried * MICROS;
  const fraction = rest === 0 ? '' : `.${String(rest).padStart(6, '0')}`;
  return { value: `${dateTime.toISOString().slice(0, 19)}${fraction}Z` };
}

const textIn = (value: unknown) => (typeof value === 'string' ? value : '');

function partsOf(groups: Groups | undefined): DateTimeParts | undefined {
  const day = dayOf(groups);
  const time = timeOf(groups?.['time']);
  const offset = offsetOf(groups?.['offset']);
  return day && time && offset && { day, time, offset };
}

function dayOf(groups: Groups | undefined): Date | undefined {
  if (!groups) return undefined;
  const year = Number(groups['year']);
  const week = groups['week'] ?? groups['week2'];
  if (week !== undefined) return dayOfWeek(year, Number(week), Number(groups['weekday'] ?? groups['weekday2'] ?? 1));
  const [month, day] = [Number(groups['month'] ?? groups['month2']), Number(groups['day'] ?? groups['day2'])];
  const date = utcDay(year, month, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && isInCalendar(date) ? date : undefined;
}

/** Returns the date of a weekday in an ISO 8601 week. Week 1 is the week that contains January 4. */
function dayOfWeek(year: number, week: number, weekday: number): Date | undefined {
  if (week < 1 || weekday < 1 || weekday > 7) return undefined;
  const [first, next] = [firstMonday(year), firstMonday(year + 1)];
  const monday = first + (week - 1) * 7 * DAY_S * 1000;
  const date = new Date(monday + (weekday - 1) * DAY_S * 1000);
  return monday < next && isInCalendar(date) ? date : undefined;
}

function firstMonday(year: number): number {
  const fourth = utcDay(year, 1, 4);
  return fourth.getTime() - ((fourth.getUTCDay() + 6) % 7) * DAY_S * 1000;
}

function utcDay(year: number, month: number, day: number): Date {
  const date = new Date(0);
  // Sets the year separately, because `Date.UTC` maps the years 0 to 99 to 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  return date;
}

/** Returns whether the year is in Python's range, 1 to 9999. */
const isInCalendar = (date: Date) => date.getTime() >= FIRST_YEAR && date.getTime() < AFTER_LAST_YEAR;

function timeOf(text: string | undefined): Clock | undefined {
  if (text === undefined) return MIDNIGHT;
  const [hours, minutes, seconds] = clockNumbers(text);
  return hours > 23 || minutes > 59 || seconds > 59 ? undefined : clockOf(text);
}

/** Returns the offset of a date-time. Its minutes may exceed 59, but the offset must be less than a day. */
function offsetOf(text: string | undefined): Clock | undefined {
  if (text === undefined || text === 'Z') return MIDNIGHT;
  const { seconds, micros } = clockOf(text.slice(1));
  if (seconds >= DAY_S) return undefined;
  return text.startsWith('-') ? { seconds: -seconds, micros: -micros } : { seconds, micros };
}

function clockOf(text: string): Clock {
  const [hours, minutes, seconds, micros] = clockNumbers(text);
  return { seconds: (hours * 60 + minutes) * 60 + seconds, micros };
}

function clockNumbers(text: string): [hours: number, minutes: number, seconds: number, micros: number] {
  const { hours = '', minutes = '0', seconds = '0', fraction = '' } = (CLOCK.exec(text)?.groups ?? {}) as Groups;
  return [Number(hours), Number(minutes), Number(seconds), Number(fraction.padEnd(6, '0'))];
}
