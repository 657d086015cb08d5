import { pageCatalogue, panelCatalogue, translator } from '@gatehouse/texts';
import { render } from 'preact-render-to-string';
import { AccountPage } from './account/account-page.js';
import { ApiPage } from './api/api-page.js';
import type { Envelope } from './challenges/envelope.js';
import { externalOriginsOf, NO_ORIGINS } from './challenges/external-origins.js';
import { renderDocument } from './document.js';
import { FlowPage } from './flow/flow-page.js';
import { headingOf } from './flow/heading.js';
import { asksToInspect } from './flow/use-inspector.js';
import type { ApiPageData, BrowserPageData, FlowPageData, PageRenderers } from './page.js';
import apiStyle from './style/api.css?inline';
import inspectorStyle from './style/inspector.css?inline';
import selfStyle from './style/own.css?inline';
import wideStyle from './style/wide.css?inline';

/** A flow's page with its challenge in it, for browsers with a script and without. */
export const renderFlowPage: PageRenderers['renderFlowPage'] = (opened, frame) => {
  const { challenge, brand, locale, retry_after_s: refreshS } = opened;
  const t = translator(locale);
  const heading = headingOf(challenge as Envelope, { t, site: brand.title });
  const title = heading === brand.title ? heading : `${heading} - ${brand.title}`;
  const background = (challenge as Envelope).flow_info?.background;
  const inspected = asksToInspect(opened);
  const body = render(<FlowPage opened={opened} t={t} />);
  const texts = (inspected ? panelCatalogue : pageCatalogue)(locale);
  const state: BrowserPageData<FlowPageData> = { ...opened, texts };
  const ownStyle = inspected ? inspectorStyle : '';
  const html = renderDocument({ title, brand, background, locale, body, state, ownStyle, refreshS }, frame);
  return { html, reach: externalOriginsOf(challenge) };
};

/** The page of somebody who is logged in. */
export const renderAccountPage: PageRenderers['renderAccountPage'] = (opened, frame) => {
  const { brand, locale } = opened;
  const body = render(<AccountPage opened={opened} t={translator(locale)} />);
  const html = renderDocument({ title: brand.title, brand, locale, body, ownStyle: wideStyle + selfStyle }, frame);
  return { html, reach: NO_ORIGINS };
};

/** The page of the API, readable before its script has come. */
export const renderApiPage: PageRenderers['renderApiPage'] = (opened, frame) => {
  const { brand, locale, api } = opened;
  const body = render(<ApiPage opened={opened} t={translator(locale)} />);
  const title = `${api.info.title} ${api.info.version} - ${brand.title}`;
  const state: BrowserPageData<ApiPageData> = { ...opened, texts: panelCatalogue(locale) };
  const html = renderDocument({ title, brand, locale, body, state, ownStyle: wideStyle + apiStyle }, frame);
  return { html, reach: NO_ORIGINS };
};
