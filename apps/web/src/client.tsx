import type { Translate } from '@gatehouse/texts/browser';
import { translateBy } from '@gatehouse/texts/browser';
import { hydrate, type VNode } from 'preact';
import { FlowPage } from './flow/flow-page.js';
import type { ApiPageData, BrowserPageData, FlowPageData } from './page.js';

/** Returns the component tree of the page. The API page is loaded on demand, because it is opened rarely. */
async function pageOf(pageData: FlowPageData | ApiPageData, t: Translate): Promise<VNode> {
  if (!('api' in pageData)) return <FlowPage pageData={pageData} t={t} />;
  const { ApiPage } = await import('./api/api-page.js');
  return <ApiPage pageData={pageData} t={t} />;
}

const root = document.getElementById('page');
// A field of a form may have the same id.
const data = document.querySelector('script#opened');
if (root && data) {
  const { texts, ...pageData } = JSON.parse(data.textContent ?? '') as
    | BrowserPageData<FlowPageData>
    | BrowserPageData<ApiPageData>;
  void pageOf(pageData, translateBy(pageData.locale, texts)).then((page) => hydrate(page, root));
}
