import type { Translate } from '@gatehouse/texts/browser';
import { translateBy } from '@gatehouse/texts/browser';
import { hydrate, type VNode } from 'preact';
import { FlowPage } from './flow/flow-page.js';
import { signalAcceptedPasskeys } from './flow/passkey-signals.js';
import type { AccountScriptData, ApiPageData, BrowserPageData, FlowPageData } from './page.js';

type ScriptData = BrowserPageData<FlowPageData> | BrowserPageData<ApiPageData> | AccountScriptData;

/** Returns the component tree of the page. The API page is loaded on demand, because it is opened rarely. */
async function pageOf(pageData: FlowPageData | ApiPageData, t: Translate): Promise<VNode> {
  if (!('api' in pageData)) return <FlowPage pageData={pageData} t={t} />;
  const { ApiPage } = await import('./api/api-page.js');
  return <ApiPage pageData={pageData} t={t} />;
}

/** Hydrates the page, or tells the browser about the passkeys of the account page. */
async function start(root: Element, data: ScriptData): Promise<void> {
  if ('passkeys' in data) return signalAcceptedPasskeys(data.passkeys);
  const { texts, ...pageData } = data;
  hydrate(await pageOf(pageData, translateBy(pageData.locale, texts)), root);
}

const root = document.getElementById('page');
// Selects the element by its tag too, because a field of a form may have the same id.
const data = document.querySelector('script#opened');
if (root && data) {
  void start(root, JSON.parse(data.textContent ?? '') as ScriptData);
}
