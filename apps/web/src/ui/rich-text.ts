import { type ComponentChildren, Fragment, h } from 'preact';

/** What administrators may write into texts; whatever else they write is shown as its text alone. */
const ELEMENTS: ReadonlySet<string> = new Set([
  ...['b', 'strong', 'i', 'em', 'u', 's', 'small', 'code', 'br', 'p', 'ul', 'ol', 'li', 'a', 'h2', 'h3', 'h4'],
]);
const VOID = 'br';
/** Elements whose text is none. */
const SILENT = /<(script|style|template|iframe)\b[\s\S]*?(<\/\1\s*>|$)|<!--[\s\S]*?(-->|$)/gi;
const TAG = /<(\/?)([a-z][a-z0-9]*)((?:"[^"]*"|'[^']*'|[^'">])*)>/gi;

interface Open {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: ComponentChildren[];
}

/** HTML of an administrator as elements: a few harmless ones, and never anything that runs, loads or is styled. */
export function RichText({ html }: { html: string }) {
  const text = html.replace(SILENT, '');
  const stack: Open[] = [open('', '')];
  let end = 0;
  for (const match of text.matchAll(TAG)) {
    say(stack, text.slice(end, match.index));
    end = match.index + match[0].length;
    const [, closing, name = '', attributes = ''] = match;
    if (closing) close(stack, name.toLowerCase());
    else begin(stack, name.toLowerCase(), attributes);
  }
  say(stack, text.slice(end));
  while (stack.length > 1) closeLast(stack);
  return h(Fragment, null, stack[0]?.children);
}

function begin(stack: Open[], name: string, attributes: string) {
  if (!ELEMENTS.has(name)) return;
  if (name === VOID) stack.at(-1)?.children.push(h(VOID, null));
  else stack.push(open(name, attributes));
}

function close(stack: Open[], name: string) {
  if (!stack.some((element, i) => i > 0 && element.name === name)) return;
  while (stack.at(-1)?.name !== name) closeLast(stack);
  closeLast(stack);
}

function closeLast(stack: Open[]) {
  const element = stack.pop();
  if (element) stack.at(-1)?.children.push(h(element.name, element.attributes, element.children));
}

const say = (stack: readonly Open[], text: string) => text && stack.at(-1)?.children.push(decoded(text));

const open = (name: string, attributes: string): Open => ({
  name,
  attributes: name === 'a' ? linkOf(attributes) : {},
  children: [],
});

function linkOf(attributes: string): Readonly<Record<string, string>> {
  const [, quoted, single] = /\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')/i.exec(attributes) ?? [];
  const href = decoded(quoted ?? single ?? '').trim();
  return /^(https?:\/\/|\/(?!\/)|mailto:)/i.test(href) ? { href, rel: 'noreferrer' } : {};
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

const decoded = (text: string) => text.replace(/&(#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]+);/gi, character);

function character(whole: string, entity: string): string {
  if (!entity.startsWith('#')) return NAMED[entity.toLowerCase()] ?? whole;
  const code = /^#x/i.test(entity) ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1));
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
}
