import type { Translate } from '@gatehouse/texts/browser';
import type { FunctionComponent } from 'preact';
import type { AccountPageData } from '../page.js';

/** What every section of somebody's own page is given. */
export interface SectionProps {
  readonly opened: AccountPageData;
  readonly t: Translate;
}

/** A part of somebody's own page. */
export interface Section {
  /** Its place in the page's address, and the name of its forms. */
  readonly id: string;
  readonly heading: (t: Translate) => string;
  readonly Content: FunctionComponent<SectionProps>;
}
