import { withReasons } from '@gatehouse/client';
import { pageCatalogue, panelCatalogue, translator } from '@gatehouse/texts';
import { render } from 'preact-render-to-string';
import { AccountPage } from './account/account-page.js';
import { ApiPage } from './api/api-page.js';
import type { Envelope } from './challenges/envelope.js';
import { NO_ORIGINS, pageOriginsOf } from './challenges/external-origins.js';
import { renderDocument } from './document.js';
import { FlowPage } from './flow/flow-page.js';
import { documentTitleOf, headingOf } from './flow/heading.js';
import { asksToInspect } from './flow/use-inspector.js';
import { FlowChangePage } from './flow-versions/flow-change-page.js';
import { flowChangeHeading } from './flow-versions/flow-change-texts.js';
import { FlowListPage, flowListHeading } from './flow-versions/flow-list-page.js';
import { FlowVersionsPage } from './flow-versions/flow-versions-page.js';
import type { AccountScriptData, ApiPageData, BrowserPageData, FlowPageData, PageRenderers } from './page.js';
import accountStyle from './style/account.css?inline';
import apiStyle from './style/api.css?inline';
import flowDiagramStyle from './style/flow-diagram.css?inline';
import flowVersionsStyle from './style/flow-versions.css?inline';
import inspectorStyle from './style/inspector.css?inline';
import wideStyle from './style/wide.css?inline';
import { backgroundOf, framedUrlsOf } from './ui/background.js';

const FLOW_VERSIONS_STYLE = wideStyle + accountStyle + flowVersionsStyle + flowDiagramStyle;

/** Renders a flow page with its challenge, for browsers with and without JavaScript. */
export const renderFlowPage: PageRenderers['renderFlowPage'] = (pageData, frame) => {
  const { address, brand, locale, retry_after_s: refreshS } = pageData;
  const challenge = withReasons(pageData.challenge, pageData.reasons);
  const t = translator(locale);
  const title = documentTitleOf(headingOf(challenge as Envelope, { t, site: brand.title }), brand.title);
  const { flow_info: flowInfo } = challenge as Envelope;
  const background = framedUrlsOf(flowInfo) ? undefined : backgroundOf(flowInfo, brand);
  const inspected = asksToInspect(pageData);
  const body = render(<FlowPage pageData={pageData} t={t} />);
  const texts = (inspected ? panelCatalogue : pageCatalogue)(locale);
  const state: BrowserPageData<FlowPageData> = { ...pageData, texts };
  const ownStyle = inspected || pageData.preview ? inspectorStyle : '';
  const html = renderDocument({ title, brand, background, locale, body, state, ownStyle, refreshS, address }, frame);
  return { html, externalOrigins: pageOriginsOf(pageData) };
};

/** Renders the account page. Its script only tells the browser about passkeys, so the page works without it. */
export const renderAccountPage: PageRenderers['renderAccountPage'] = (pageData, frame) => {
  const { brand, locale, account } = pageData;
  const body = render(<AccountPage pageData={pageData} t={translator(locale)} />);
  const state: AccountScriptData = { passkeys: account.passkeys };
  const ownStyle = wideStyle + accountStyle;
  const html = renderDocument({ title: brand.title, brand, locale, body, state, ownStyle }, frame);
  return { html, externalOrigins: NO_ORIGINS };
};

/** Renders the page that lists the flows. */
export const renderFlowListPage: PageRenderers['renderFlowListPage'] = (pageData, frame) => {
  const { brand, locale } = pageData;
  const t = translator(locale);
  const body = render(<FlowListPage pageData={pageData} t={t} />);
  const title = `${flowListHeading(t)} - ${brand.title}`;
  const html = renderDocument({ title, brand, locale, body, ownStyle: FLOW_VERSIONS_STYLE }, frame);
  return { html, externalOrigins: NO_ORIGINS };
};

/** Renders the page of a flow with its versions. */
export const renderFlowVersionsPage: PageRenderers['renderFlowVersionsPage'] = (pageData, frame) => {
  const { brand, locale, flow } = pageData;
  const body = render(<FlowVersionsPage pageData={pageData} t={translator(locale)} />);
  const title = `${flow.title || flow.slug} - ${brand.title}`;
  const html = renderDocument({ title, brand, locale, body, ownStyle: FLOW_VERSIONS_STYLE }, frame);
  return { html, externalOrigins: NO_ORIGINS };
};

/** Renders the page on which a superuser confirms a change of a flow. */
export const renderFlowChangePage: PageRenderers['renderFlowChangePage'] = (pageData, frame) => {
  const { brand, locale } = pageData;
  const t = translator(locale);
  const body = render(<FlowChangePage pageData={pageData} t={t} />);
  const title = `${flowChangeHeading(pageData, t)} - ${brand.title}`;
  const html = renderDocument({ title, brand, locale, body, ownStyle: FLOW_VERSIONS_STYLE }, frame);
  return { html, externalOrigins: NO_ORIGINS };
};

/** Renders the API page, which is readable before hydration. */
export const renderApiPage: PageRenderers['renderApiPage'] = (pageData, frame) => {
  const { brand, locale, api } = pageData;
  const body = render(<ApiPage pageData={pageData} t={translator(locale)} />);
  const title = `${api.info.title} ${api.info.version} - ${brand.title}`;
  const state: BrowserPageData<ApiPageData> = { ...pageData, texts: panelCatalogue(locale) };
  const html = renderDocument({ title, brand, locale, body, state, ownStyle: wideStyle + apiStyle }, frame);
  return { html, externalOrigins: NO_ORIGINS };
};
