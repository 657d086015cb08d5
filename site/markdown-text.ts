/** Returns the anchor that code hosts give a heading, without the number of a repeated heading. */
export function slugOf(heading: string): string {
  const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
  return text.replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');
}

/** HTML that pages may contain: anchors, and superscripts. Everything else is text, such as `x_<vendor>_<name>`. */
const ALLOWED_HTML = /^(?:<a id="[\w-]+">|<\/a>|<\/?sup>)$/;

/** Returns whether a piece of HTML in a page is written for readers, and not text that looks like HTML. */
export const isAllowedHtml = (html: string): boolean => ALLOWED_HTML.test(html.trim());
