import type { Brand } from '../page.js';
import { colourOf, contrast, readableColour } from './colour.js';

/** authentik's default background of flows, which Gatehouse does not include. */
const NO_BACKGROUND = '/static/dist/assets/images/flow_background.jpg';

const [LIGHT, DARK] = ['#ffffff', '#1c1f24'];
const MIN_CONTRAST = 4.5;

/**
 * Returns the CSS of a brand: its colour, its background and its custom rules. Links have the colour only where its
 * contrast suffices.
 */
export function brandStyle(
  { colours, background: brandBackground, custom_css: css = '' }: Brand,
  flowBackground: string | undefined,
): string {
  const background = flowBackground && flowBackground !== NO_BACKGROUND ? flowBackground : brandBackground;
  const accent = colourOf(colours?.primary);
  const rules = [
    accent && `:root:root{--accent:${accent};--on-accent:${readableColour(accent)}}`,
    accent && contrast(accent, LIGHT) >= MIN_CONTRAST && `:root{--link:${accent}}`,
    accent && contrast(accent, DARK) >= MIN_CONTRAST && `:root:root{--link-dark:${accent}}`,
    background && `:root{--background:url("${cssUrl(background)}")}`,
    // Escape closing tags, because custom rules must not end the <style> element.
    css.replace(/<\/(?=style)/gi, '<\\/'),
  ];
  return rules.filter(Boolean).join('');
}

const cssUrl = (address: string) => address.replace(/["\\<>\n\r\f]/g, (character) => encodeURIComponent(character));
