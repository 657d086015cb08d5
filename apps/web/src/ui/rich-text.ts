import { type ComponentChildren, Fragment, h } from 'preact';

/** Elements that administrators may use in texts. The page shows only the text of other elements. */
const ELEMENTS: ReadonlySet<string> = new Set([
  ...['b', 'strong', 'i', 'em', 'u', 's', 'small', 'code', 'br', 'p', 'ul', 'ol', 'li', 'a', 'h2', 'h3', 'h4'],
]);
const VOID = 'br';
/** Matches elements that are removed with their content, and comments. */
const DROPPED = /<(script|style|template|iframe)\b[\s\S]*?(<\/\1\s*>|$)|<!--[\s\S]*?(-->|$)/gi;
const TAG = /<(\/?)([a-z][a-z0-9]*)((?:"[^"]*"|'[^']*'|[^'">])*)>/gi;

interface OpenElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: ComponentChildren[];
}

/**
 * Renders HTML of an administrator with an allow-list of elements. It never runs scripts, loads resources or applies
 * styles.
 */
export function RichText({ html }: { html: string }) {
  const text = html.replace(DROPPED, '');
  const stack: OpenElement[] = [newElement('', '')];
  let end = 0;
  for (const match of text.matchAll(TAG)) {
    appendText(stack, text.slice(end, match.index));
    end = match.index + match[0].length;
    const [, closing, name = '', attributes = ''] = match;
    if (closing) closeElement(stack, name.toLowerCase());
    else openElement(stack, name.toLowerCase(), attributes);
  }
  appendText(stack, text.slice(end));
  while (stack.length > 1) closeLast(stack);
  return h(Fragment, null, stack[0]?.children);
}

function openElement(stack: OpenElement[], name: string, attributes: string) {
  if (!ELEMENTS.has(name)) return;
  if (name === VOID) stack.at(-1)?.children.push(h(VOID, null));
  else stack.push(newElement(name, attributes));
}

function closeElement(stack: OpenElement[], name: string) {
  if (!stack.some((element, i) => i > 0 && element.name === name)) return;
  while (stack.at(-1)?.name !== name) closeLast(stack);
  closeLast(stack);
}

function closeLast(stack: OpenElement[]) {
  const element = stack.pop();
  if (element) stack.at(-1)?.children.push(h(element.name, element.attributes, element.children));
}

const appendText = (stack: readonly OpenElement[], text: string) => text && stack.at(-1)?.children.push(decoded(text));

const newElement = (name: string, attributes: string): OpenElement => ({
  name,
  attributes: name === 'a' ? linkOf(attributes) : {},
  children: [],
});

function linkOf(attributes: string): Readonly<Record<string, string>> {
  const [, quoted, single] = /\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')/i.exec(attributes) ?? [];
  const href = decoded(quoted ?? single ?? '').trim();
  return /^(https?:\/\/|\/(?!\/)|mailto:)/i.test(href) ? { href, rel: 'noreferrer' } : {};
}

const NAMED_ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
};

const decoded = (text: string) => text.replace(/&(#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]+);/gi, decodeEntity);

function decodeEntity(match: string, entity: string): string {
  if (!entity.startsWith('#')) return NAMED_ENTITIES[entity.toLowerCase()] ?? match;
  const code = /^#x/i.test(entity) ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1));
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
}
