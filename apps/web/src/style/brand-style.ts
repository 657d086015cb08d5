import type { Brand } from '../page.js';
import type { ThemedUrls } from '../ui/background.js';
import { colourOf, contrast, darkened, lightened, luminance, readableColour } from './colour.js';

/** Minimum contrast of text, and of the edges of controls (WCAG 2.2, 1.4.3 and 1.4.11). */
const [TEXT_CONTRAST, EDGE_CONTRAST] = [4.5, 3];

/** Colours of `base.css` by scheme: the surface on which links have the least contrast, and the card. */
const SURFACES = { light: { worst: '#e6eaf1', card: '#ffffff' }, dark: { worst: '#262c36', card: '#171b22' } };

/** Returns the CSS of a brand: its colours, the background picture of the page and its custom rules. */
export function brandStyle(
  { colours, theme, custom_css: css = '' }: Brand,
  background: ThemedUrls | undefined,
): string {
  const accent = colourOf(colours?.primary);
  const rules = [
    accent && `:root{${declarations({ ...schemeColours(accent, 'light'), ...schemeColours(accent, 'dark') })}}`,
    background && backgroundRules(background, theme),
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

/** Returns the rules for a background picture, which may differ in the dark scheme. */
function backgroundRules({ light, dark }: ThemedUrls, theme: Brand['theme']): string {
  const rule = (url: string) => `:root{--background:url("${cssUrl(url)}")}`;
  if (light === dark || theme === 'light') return rule(light);
  if (theme === 'dark') return rule(dark);
  return `${rule(light)}@media (prefers-color-scheme:dark){${rule(dark)}}`;
}

const cssUrl = (address: string) => address.replace(/["\\<>\n\r\f]/g, (character) => encodeURIComponent(character));
