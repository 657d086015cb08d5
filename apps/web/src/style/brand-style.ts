import type { Brand } from '../page.js';
import { colourOf, contrast, readableColour } from './colour.js';

/** What flows without a background of their own are given, which is not there. */
const NO_BACKGROUND = '/static/dist/assets/images/flow_background.jpg';

const [LIGHT, DARK] = ['#ffffff', '#1c1f24'];
const READABLE = 4.5;

/** What a brand changes of the style: its colour where it can be read, its background, its own rules. */
export function brandStyle(
  { colours, background: own, custom_css: css = '' }: Brand,
  flows: string | undefined,
): string {
  const background = flows && flows !== NO_BACKGROUND ? flows : own;
  const accent = colourOf(colours?.primary);
  const rules = [
    accent && `:root:root{--accent:${accent};--on-accent:${readableColour(accent)}}`,
    accent && contrast(accent, LIGHT) >= READABLE && `:root{--link:${accent}}`,
    accent && contrast(accent, DARK) >= READABLE && `:root:root{--link-dark:${accent}}`,
    background && `:root{--background:url("${addressInCss(background)}")}`,
    // The end of the element is the one thing that rules may not say.
    css.replace(/<\/(?=style)/gi, '<\\/'),
  ];
  return rules.filter(Boolean).join('');
}

const addressInCss = (address: string) =>
  address.replace(/["\\<>\n\r\f]/g, (character) => encodeURIComponent(character));
