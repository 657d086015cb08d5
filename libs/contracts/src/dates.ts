/** What people write as days and times (02-stages §0.4), kept as ISO 8601 text. */

interface Written {
  readonly value: string;
}

const DAY = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;
const MOMENT =
  /^(\d{4}-\d{1,2}-\d{1,2})[T ](\d{1,2}:\d{2}(?::\d{2})?)(?:(?<=:\d{2}:\d{2})[.,](\d{1,6})\d{0,6})?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/i;
/** Years that there were: no others are dates. */
const YEAR = /^(?!0000)\d{4}-/;

/** A day that there is; undefined for anything else. */
export function dateOf(given: unknown): Written | undefined {
  const [, year, month, day] = DAY.exec(textIn(given)) ?? [];
  if (year === undefined) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const isThere = Number(year) > 0 && date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  return isThere ? { value: date.toISOString().slice(0, 10) } : undefined;
}

/** A moment, in UTC where it does not say where, midnight of a day without a time; undefined for anything else. */
export function dateTimeOf(given: unknown): Written | undefined {
  const whole = dateOf(given);
  if (whole) return { value: `${whole.value}T00:00:00Z` };
  const [, day, time, fraction = '', offset = 'Z'] = MOMENT.exec(textIn(given)) ?? [];
  const [date, seconds, east] = [dateOf(day), secondsOf(time ?? ''), minutesOf(offset)];
  if (!date || seconds === undefined || east === undefined) return undefined;
  const moment = new Date(Date.parse(`${date.value}T00:00:00Z`) + (seconds - east * 60) * 1000);
  const text = moment.toISOString();
  return YEAR.test(text) ? { value: `${text.slice(0, 19)}${fraction && `.${fraction.padEnd(6, '0')}`}Z` } : undefined;
}

const textIn = (given: unknown) => (typeof given === 'string' ? given.trim() : '');

/** Seconds since midnight; undefined for a time that there is none of. */
function secondsOf(time: string): number | undefined {
  const [hour = 24, minute = 60, second = 0] = time.split(':').map(Number);
  return hour > 23 || minute > 59 || second > 59 ? undefined : (hour * 60 + minute) * 60 + second;
}

/** Minutes east of Greenwich; undefined for an offset of a day or more. */
function minutesOf(offset: string): number | undefined {
  if (/^z$/i.test(offset)) return 0;
  const [, sign, hours, minutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(offset) ?? [];
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
