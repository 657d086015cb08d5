import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** Throws if a link or an image of a built site has no target, or if the page of a link lacks its anchor. */
export function checkSite(folder: string, base: string): void {
  const paths = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((path) => path.endsWith('.html'));
  const pages = new Map(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
  const anchors = new Map([...pages].map(([path, html]) => [path, new Set(valuesOf(html, 'id'))]));
  const problemOf = (address: string, page: string): string | undefined => {
    const [target = '', anchor] = address.replace(/\?.*?(?=#|$)/, '').split('#');
    const path = target === '' ? page : pathOf(target, page, base);
    if (path === undefined || !existsSync(join(folder, path))) return `${page}: ${address} does not exist`;
    if (!anchor || !path.endsWith('.html')) return undefined;
    return anchors.get(path)?.has(decodeURIComponent(anchor)) ? undefined : `${page}: ${address} has no such anchor`;
  };
  const problems = [...pages].flatMap(([page, html]) => {
    const addresses = [...valuesOf(html, 'href'), ...valuesOf(html, 'src')];
    const internal = addresses.filter((address) => !/^(?:[\w+.-]+:|\/\/)/.test(address));
    return [...new Set(internal)].flatMap((address) => problemOf(address, page) ?? []);
  });
  if (problems.length > 0) throw new Error(`The site has broken links.\n${problems.join('\n')}`);
}

const valuesOf = (html: string, attribute: string): string[] =>
  [...html.matchAll(new RegExp(`<[^>]* ${attribute}="([^"]*)"`, 'g'))].map(([, value = '']) =>
    value.replaceAll('&amp;', '&'),
  );

/** Returns the file of an address, `undefined` for an address outside of the site. */
function pathOf(target: string, page: string, base: string): string | undefined {
  if (target.startsWith('/') && !target.startsWith(base)) return undefined;
  const path = target.startsWith('/') ? target.slice(base.length) : posix.join(posix.dirname(page), target);
  return path === '' || path.endsWith('/') ? `${path}index.html` : path;
}
