/**
 * The formats of a time that the page can convert. A time without a time zone is in UTC, as in the prompt stage. The
 * first and the last year are excluded, because an input could not show them in every time zone.
 */
const TIME =
  /^(?<date>(?!000[01]|9999)\d{4}-\d\d-\d\d)(?:[T ](?<minute>\d\d:\d\d)(?::(?<second>\d\d)(?:[.,]\d{1,6})?)?(?<zone>Z|[+-]\d\d:?\d\d)?)?$/;

/** Returns the time that a text means, without fractions of a second. Returns `undefined` for any other text. */
export function parseTime(text: string): Date | undefined {
  const { date, minute = '00:00', second = '00', zone = 'Z' } = TIME.exec(text)?.groups ?? {};
  const time = new Date(`${date}T${minute}:${second}${zone.replace(/^(...)(\d\d)$/, '$1:$2')}`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** Returns a time in the format of an `<input type="datetime-local">`, in UTC or in the time zone of this machine. */
export function inputText(time: Date, zone: 'utc' | 'local'): string {
  const offsetMs = zone === 'utc' ? 0 : time.getTimezoneOffset() * 60_000;
  return new Date(time.getTime() - offsetMs).toISOString().replace(/(?::00)?\.\d+Z$/, '');
}

/**
 * Returns the answer of an `<input type="datetime-local">`: the initial value of the challenge (`data-initial`) if the
 * visitor has not changed it, else the time in UTC. An unchanged value is returned as it was, because the input loses
 * fractions of a second, and cannot distinguish the two equal local times at the end of summer time.
 */
export function timeAnswer({ value, defaultValue, dataset }: HTMLInputElement): string {
  if (value === defaultValue) return dataset['initial'] ?? value;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? value : time.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Returns the name of this machine's time zone, such as “Central European Time”. */
export const timeZoneName = (locale: string): string | undefined =>
  new Intl.DateTimeFormat(locale, { timeZoneName: 'longGeneric' })
    .formatToParts()
    .find(({ type }) => type === 'timeZoneName')?.value;
