import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';
import { absoluteTime } from './absolute-time.js';

interface Props {
  readonly at: Date;
  readonly locale: string;
  /** What the page says about the time, such as “3 days ago”. */
  readonly children: ComponentChildren;
}

/**
 * A text about a time, with the date and time as its title. The title is in UTC until hydration, because the server does
 * not know the visitor's time zone, and in that time zone after it.
 */
export function Moment({ at, locale, children }: Props) {
  const [zone, setZone] = useState<'utc' | 'local'>('utc');
  useLayoutEffect(() => setZone('local'), []);
  return (
    <time dateTime={at.toISOString()} title={absoluteTime(locale, at, zone)}>
      {children}
    </time>
  );
}
