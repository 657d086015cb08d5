import type { Translate } from '@gatehouse/texts/browser';
import type { FlowChangePageData } from '../page.js';

/** The properties of the parts of the page that confirms a change of a flow. */
export interface FlowChangeProps {
  readonly pageData: FlowChangePageData;
  readonly t: Translate;
}
