import { pageCatalogue, panelCatalogue, translator } from '@gatehouse/texts';
import { render } from 'preact-render-to-string';
import { ApiPage } from './api/api-page.js';
import type { Envelope } from './challenges/envelope.js';
import { NOTHING, reachOf } from './challenges/reach.js';
import { drawDocument } from './document.js';
import { FlowPage } from './flow/flow-page.js';
import { headingOf } from './flow/heading.js';
import { asksToInspect } from './flow/use-inspector.js';
import { OwnPage } from './own/own-page.js';
import type { Delivered, Opened, OpenedApi, Pages } from './page.js';
import apiStyle from './style/api.css?inline';
import inspectorStyle from './style/inspector.css?inline';
import selfStyle from './style/own.css?inline';
import wideStyle from './style/wide.css?inline';

/** A flow's page with its challenge in it, for browsers with a script and without. */
export const drawFlow: Pages['drawFlow'] = (opened, frame) => {
  const { challenge, brand, locale, retry_after_s: refreshS } = opened;
  const t = translator(locale);
  const heading = headingOf(challenge as Envelope, { t, site: brand.title });
  const title = heading === brand.title ? heading : `${heading} - ${brand.title}`;
  const background = (challenge as Envelope).flow_info?.background;
  const inspected = asksToInspect(opened);
  const body = render(<FlowPage opened={opened} t={t} />);
  const texts = (inspected ? panelCatalogue : pageCatalogue)(locale);
  const state: Delivered<Opened> = { ...opened, texts };
  const ownStyle = inspected ? inspectorStyle : '';
  const html = drawDocument({ title, brand, background, locale, body, state, ownStyle, refreshS }, frame);
  return { html, reach: reachOf(challenge) };
};

/** The page of somebody who is logged in. */
export const drawOwn: Pages['drawOwn'] = (opened, frame) => {
  const { brand, locale } = opened;
  const body = render(<OwnPage opened={opened} t={translator(locale)} />);
  const html = drawDocument({ title: brand.title, brand, locale, body, ownStyle: wideStyle + selfStyle }, frame);
  return { html, reach: NOTHING };
};

/** The page of the API, readable before its script has come. */
export const drawApi: Pages['drawApi'] = (opened, frame) => {
  const { brand, locale, api } = opened;
  const body = render(<ApiPage opened={opened} t={translator(locale)} />);
  const title = `${api.info.title} ${api.info.version} - ${brand.title}`;
  const state: Delivered<OpenedApi> = { ...opened, texts: panelCatalogue(locale) };
  const html = drawDocument({ title, brand, locale, body, state, ownStyle: wideStyle + apiStyle }, frame);
  return { html, reach: NOTHING };
};
