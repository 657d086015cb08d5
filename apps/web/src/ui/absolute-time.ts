/**
 * Formats a date and time in the language of the page: in the time zone of this machine (`local`), or in UTC, which the
 * text then names.
 */
export const absoluteTime = (locale: string, time: Date, zone: 'utc' | 'local'): string =>
  new Intl.DateTimeFormat(locale, {
    ...{ day: 'numeric', month: 'long', year: 'numeric', hour: 'numeric', minute: '2-digit' },
    ...(zone === 'utc' ? { timeZone: 'UTC', timeZoneName: 'short' } : {}),
  }).format(time);

/** Formats the time of day to the second, in the language of the page and the time zone of this machine. */
export const timeOfDay = (locale: string, time: Date): string =>
  new Intl.DateTimeFormat(locale, { timeStyle: 'medium' }).format(time);
