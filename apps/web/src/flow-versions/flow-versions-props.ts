import type { Translate } from '@gatehouse/texts/browser';
import type { FlowVersionsPageData } from '../page.js';

/** The properties of the parts of a flow's page. */
export interface FlowVersionsProps {
  readonly pageData: FlowVersionsPageData;
  readonly t: Translate;
}
