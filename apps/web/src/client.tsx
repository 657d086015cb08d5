import type { Translate } from '@gatehouse/texts/browser';
import { translateBy } from '@gatehouse/texts/browser';
import { hydrate, type VNode } from 'preact';
import { FlowPage } from './flow/flow-page.js';
import type { ApiPageData, BrowserPageData, FlowPageData } from './page.js';

/** The page that was opened; only flows are so common that theirs comes along. */
async function pageOf(opened: FlowPageData | ApiPageData, t: Translate): Promise<VNode> {
  if (!('api' in opened)) return <FlowPage opened={opened} t={t} />;
  const { ApiPage } = await import('./api/api-page.js');
  return <ApiPage opened={opened} t={t} />;
}

const root = document.getElementById('page');
const data = document.getElementById('opened');
if (root && data) {
  const { texts, ...opened } = JSON.parse(data.textContent ?? '') as
    | BrowserPageData<FlowPageData>
    | BrowserPageData<ApiPageData>;
  void pageOf(opened, translateBy(opened.locale, texts)).then((page) => hydrate(page, root));
}
