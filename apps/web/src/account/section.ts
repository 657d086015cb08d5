import type { Translate } from '@gatehouse/texts/browser';
import type { FunctionComponent } from 'preact';
import type { AccountPageData } from '../page.js';

/** The properties of a section. */
export interface SectionProps {
  readonly pageData: AccountPageData;
  readonly t: Translate;
}

/** A section of the account page. */
export interface Section {
  /** The URL fragment of the section, and the name of the section's forms. */
  readonly id: string;
  readonly heading: (t: Translate) => string;
  readonly Content: FunctionComponent<SectionProps>;
}
