import { type Translate, translator } from '@gatehouse/texts';
import { hydrate, type VNode } from 'preact';
import { FlowPage } from './flow/flow-page.js';
import type { Opened, OpenedApi } from './page.js';

/** The page that was opened; only flows are so common that theirs comes along. */
async function pageOf(opened: Opened | OpenedApi, t: Translate): Promise<VNode> {
  if (!('api' in opened)) return <FlowPage opened={opened} t={t} />;
  const { ApiPage } = await import('./api/api-page.js');
  return <ApiPage opened={opened} t={t} />;
}

const root = document.getElementById('page');
const data = document.getElementById('opened');
if (root && data) {
  const opened = JSON.parse(data.textContent ?? '') as Opened | OpenedApi;
  void pageOf(opened, translator(opened.locale)).then((page) => hydrate(page, root));
}
