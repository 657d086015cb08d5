import type { Translate } from '@gatehouse/texts/browser';
import type { Envelope } from '../challenges/envelope.js';

interface HeadingOptions {
  readonly t: Translate;
  /** Name of the site. */
  readonly site: string;
}

/** Returns the heading of a challenge. */
export function headingOf(challenge: Envelope, { t, site }: HeadingOptions): string {
  switch (challenge.component) {
    case 'ak-stage-access-denied':
      return t('Permission denied');
    case 'ak-stage-flow-error':
      return t('Something went wrong');
    case 'ak-stage-autosubmit':
      return (challenge as { title?: string }).title || challenge.flow_info?.title || t('One moment…');
    default:
      return challenge.flow_info?.title || site;
  }
}
