/**
 * Renders pages as code hosts render them: links lead to files of the repository, HTML other than anchors is text, and
 * blocks in the language `mermaid` are diagrams.
 */
import { existsSync, statSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { isAllowedHtml } from './markdown-text.ts';
import { sitePathOf } from './navigation.ts';

/**
 * Changes a parser of Markdown. `root` is the folder of the repository, `published` has the paths of the pages of the
 * site. Links to other files lead to `repositoryUrl`; without it, they are shown as text. Adds the files of `docs/`
 * that pages link to, such as JSON Schemas, to `files`.
 */
export function repositoryMarkdown(md, options) {
  md.core.ruler.disable('emoji');
  md.core.ruler.push('repository-links', ({ tokens, env }) => {
    const page = relative(options.root, env.realPath ?? env.path);
    for (const { children } of tokens) resolveLinks(children ?? [], page, options);
  });
  escapeText(md);
  drawDiagrams(md);
}

function resolveLinks(tokens, page, options) {
  let isText = false;
  for (const token of tokens) {
    if (token.type === 'link_open') {
      const { href, title } = targetOf(token.attrGet('href'), page, options);
      isText = href === undefined;
      if (isText) Object.assign(token, { type: 'span_open', tag: 'span', attrs: [['title', title]] });
      else token.attrSet('href', href);
    } else if (token.type === 'link_close' && isText) Object.assign(token, { type: 'span_close', tag: 'span' });
  }
}

/** Returns the address on the site or at the code host to which a link of a page leads. */
function targetOf(href, page, { root, repositoryUrl, published, files }) {
  if (/^(?:[\w+.-]+:|#)/.test(href)) return { href };
  const [, target, anchor = ''] = /^([^#]*)(#.*)?$/.exec(href);
  const path = posix.join(dirname(page), decodeURIComponent(target)).replace(/\/$/, '');
  if (!existsSync(join(root, path))) throw new Error(`${page} links to ${path}, which does not exist`);
  const readme = `${path}/README.md`;
  const publishedPath = [path, readme].find((candidate) => published.has(candidate));
  if (publishedPath !== undefined) return { href: `/${sitePathOf(publishedPath)}.md${anchor}` };
  if (path.startsWith('docs/') && statSync(join(root, path)).isFile()) {
    files.add(path);
    return { href: `/${sitePathOf(path)}` };
  }
  return { href: repositoryUrl && `${repositoryUrl}/${path}${anchor}`, title: `${path} in the repository` };
}

/** Shows HTML that is not for readers as text, and braces, which Vue would read as an expression. */
function escapeText(md) {
  const { escapeHtml } = md.utils;
  const escapeBraces = (html) => html.replaceAll('{{', '&#123;&#123;');
  const renderHtml = (tokens, index) => {
    const { content } = tokens[index];
    // What does not begin with a tag is written by a plugin, such as the link of a heading.
    return isAllowedHtml(content) || !content.trimStart().startsWith('<') ? content : escapeBraces(escapeHtml(content));
  };
  md.renderer.rules.html_inline = renderHtml;
  md.renderer.rules.html_block = renderHtml;
  md.renderer.rules.text = (tokens, index) => escapeBraces(escapeHtml(tokens[index].content));
}

function drawDiagrams(md) {
  const { fence } = md.renderer.rules;
  md.renderer.rules.fence = (tokens, index, ...rest) => {
    const { info, content } = tokens[index];
    if (info.trim() !== 'mermaid') return fence(tokens, index, ...rest);
    return `<MermaidDiagram source="${encodeURIComponent(content)}" />`;
  };
}
