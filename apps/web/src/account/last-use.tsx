import type { AccountPageData } from '../page.js';
import { Moment } from '../ui/moment.js';
import { relativeTime } from '../ui/relative-time.js';

/** Shows how long ago a session or device was last used. */
export const LastUse = ({ at, pageData: { locale, now } }: { at: Date; pageData: AccountPageData }) => (
  <Moment at={at} locale={locale}>
    {relativeTime(locale, at, now)}
  </Moment>
);
