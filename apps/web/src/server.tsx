import { pageCatalogue, translator } from '@gatehouse/texts';
import { render } from 'preact-render-to-string';
import type { Envelope } from './challenges/envelope.js';
import { reachOf } from './challenges/reach.js';
import { drawDocument } from './document.js';
import { FlowPage } from './flow/flow-page.js';
import { headingOf } from './flow/heading.js';
import { HomePage } from './home-page.js';
import type { Delivered, Pages } from './page.js';

/** A flow's page with its challenge in it, for browsers with a script and without. */
export const drawFlow: Pages['drawFlow'] = (opened, frame) => {
  const { challenge, brand, locale, retry_after_s: refreshS } = opened;
  const t = translator(locale);
  const heading = headingOf(challenge as Envelope, { t, site: brand.title });
  const title = heading === brand.title ? heading : `${heading} - ${brand.title}`;
  const background = (challenge as Envelope).flow_info?.background;
  const body = render(<FlowPage opened={opened} t={t} />);
  const state: Delivered = { ...opened, texts: pageCatalogue(locale) };
  const html = drawDocument({ title, brand, background, locale, body, state, refreshS }, frame);
  return { html, reach: reachOf(challenge) };
};

/** The page of somebody who is logged in and goes nowhere else. */
export const drawHome: Pages['drawHome'] = ({ brand, locale, username }, frame) => {
  const body = render(<HomePage brand={brand} username={username} t={translator(locale)} />);
  const html = drawDocument({ title: brand.title, brand, locale, body }, frame);
  return { html, reach: { scripts: [], connects: [], forms: [] } };
};
