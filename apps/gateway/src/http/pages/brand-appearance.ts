import type { Brand } from '@gatehouse/plan';
import type { FlowPageData } from '@gatehouse/web';

/** What pages show of a brand; its flows and domains are nobody's business there. */
export function brandAppearance(brand: Brand): FlowPageData['brand'] {
  const { title, logo, favicon, theme, colours, background, footer_links, custom_css, layout } = brand;
  return { title, logo, favicon, theme, colours, background, footer_links, custom_css, layout };
}
