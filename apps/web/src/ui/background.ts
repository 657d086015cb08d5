import type { Envelope } from '../challenges/envelope.js';
import type { Brand } from '../page.js';

/** authentik's default background of flows, which Gatehouse does not include. */
const NO_BACKGROUND = '/static/dist/assets/images/flow_background.jpg';

/** Placeholder for the theme in the address of a picture. */
const THEME = '%(theme)s';

/** Suffix of the layouts that show the background in a frame beside the card. */
const FRAMED = '_frame_background';

/** Http addresses and paths of this site. */
const FRAMEABLE = /^(?:https?:\/\/|\/(?![/\\]))/i;

/** The addresses of a picture or a page for the light and the dark theme. */
export interface ThemedUrls {
  readonly light: string;
  readonly dark: string;
}

/** Returns the addresses for both themes. They are equal if the address has no placeholder for the theme. */
export const themedUrls = (address: string): ThemedUrls => ({
  light: address.replaceAll(THEME, 'light'),
  dark: address.replaceAll(THEME, 'dark'),
});

/** Returns the position of the card in a layout, which is a CSS class of the page. */
export const placeOf = (layout: string): string => layout.replace(FRAMED, '');

/** Returns the background of the flow, else of the brand; undefined for Gatehouse's own background. */
export function backgroundOf(
  flowInfo: Envelope['flow_info'],
  brand: Pick<Brand, 'background'>,
): ThemedUrls | undefined {
  const { background, background_themed_urls: themed } = flowInfo ?? {};
  if (background && background !== NO_BACKGROUND) return themed ?? themedUrls(background);
  return brand.background ? themedUrls(brand.background) : undefined;
}

/** Returns the addresses that the layout of a flow shows in a frame; undefined if the layout shows no frame. */
export function framedUrlsOf(flowInfo: Envelope['flow_info']): ThemedUrls | undefined {
  const urls = flowInfo?.layout?.endsWith(FRAMED) ? backgroundOf(flowInfo, {}) : undefined;
  return urls && Object.values(urls).every((url) => FRAMEABLE.test(String(url))) ? urls : undefined;
}
