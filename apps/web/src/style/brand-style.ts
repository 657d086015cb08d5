import type { Brand } from '../page.js';
import { colourOf, contrast, darkened, lightened, luminance, readableColour } from './colour.js';

/** authentik's default background of flows, which Gatehouse does not include. */
const NO_BACKGROUND = '/static/dist/assets/images/flow_background.jpg';

/** Contrast of text, and of the edges of controls (WCAG 2.2, 1.4.3 and 1.4.11). */
const [TEXT_CONTRAST, EDGE_CONTRAST] = [4.5, 3];

/** Colours of `base.css` by scheme: the surface on which links have the least contrast, and the card. */
const SURFACES = { light: { worst: '#e6eaf1', card: '#ffffff' }, dark: { worst: '#262c36', card: '#171b22' } };

/** Returns the CSS of a brand: its colours, its background and its custom rules. */
export function brandStyle(
  { colours, background: brandBackground, custom_css: css = '' }: Brand,
  flowBackground: string | undefined,
): string {
  const background = flowBackground && flowBackground !== NO_BACKGROUND ? flowBackground : brandBackground;
  const accent = colourOf(colours?.primary);
  const rules = [
    accent && `:root{${declarations({ ...schemeColours(accent, 'light'), ...schemeColours(accent, 'dark') })}}`,
    background && `:root{--background:url("${cssUrl(background)}")}`,
    // Escape closing tags, because custom rules must not end the <style> element.
    css.replace(/<\/(?=style)/gi, '<\\/'),
  ];
  return rules.filter(Boolean).join('');
}

/**
 * Returns the colours of controls in a scheme. Buttons keep the colour of the brand, with black or white text. They get
 * an edge if their contrast with the card is too low. Links and focus rings get the nearest lightness with enough
 * contrast on every surface.
 */
function schemeColours(accent: string, scheme: keyof typeof SURFACES): Readonly<Record<string, string>> {
  const { worst, card } = SURFACES[scheme];
  const link =
    scheme === 'light'
      ? darkened(accent, (luminance(worst) + 0.05) / TEXT_CONTRAST - 0.05)
      : lightened(accent, (luminance(worst) + 0.05) * TEXT_CONTRAST - 0.05);
  return {
    [`--accent-${scheme}`]: accent,
    [`--on-accent-${scheme}`]: readableColour(accent),
    [`--edge-${scheme}`]: contrast(accent, card) >= EDGE_CONTRAST ? 'transparent' : link,
    [`--link-${scheme}`]: link,
  };
}

const declarations = (values: Readonly<Record<string, string>>) =>
  Object.entries(values)
    .map(([name, value]) => `${name}:${value}`)
    .join(';');

const cssUrl = (address: string) => address.replace(/["\\<>\n\r\f]/g, (character) => encodeURIComponent(character));
