import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkSite } from '../../site/check-site.js';
import { slugOf } from '../../site/markdown-text.js';
import { sitePathOf } from '../../site/navigation.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-site-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

describe('the check of a built site', () => {
  it('accepts links to pages, folders, files, anchors and other hosts', () => {
    write(
      'index.html',
      '<h1 id="top">x</h1><a href="/base/how-to/deploy.html#install">x</a><a href="/base/adr/">x</a>',
    );
    write(
      'how-to/deploy.html',
      '<h2 id="install">x</h2><a href="../index.html#top">x</a><img src="../a.webp"><a href="#install">',
    );
    write(
      'adr/index.html',
      '<a href="https://example.org/">x</a><a href="mailto:a@example.org">x</a><a href="/base/">x</a>',
    );
    write('a.webp', '');
    expect(() => checkSite(folder, '/base/')).not.toThrow();
  });

  it.each([
    ['a page that is missing', '<a class="x" href="/how-to/none.html">x</a>', '/how-to/none.html does not exist'],
    ['an anchor that is missing', '<a href="#none">x</a>', '#none has no such anchor'],
    ['an image that is missing', '<img alt="x" src="/images/none.webp">', '/images/none.webp does not exist'],
  ])('reports %s', (_case, html, message) => {
    write('index.html', html);
    expect(() => checkSite(folder, '/')).toThrow(`index.html: ${message}`);
  });

  it('reports a link outside of the base path of the site', () => {
    write('index.html', '<a href="/elsewhere.html">x</a>');
    write('elsewhere.html', '');
    expect(() => checkSite(folder, '/base/')).toThrow('/elsewhere.html does not exist');
  });
});

describe('the documentation site', () => {
  it.each([
    ['docs/README.md', 'index'],
    ['docs/how-to/deploy.md', 'how-to/deploy'],
    ['docs/adr/README.md', 'adr/index'],
    ['CONTRIBUTING.md', 'repository/CONTRIBUTING'],
    ['examples/spa/README.md', 'repository/examples/spa/index'],
  ])('publishes %s as %s', (path, published) => {
    expect(sitePathOf(path)).toBe(published);
  });

  it.each([
    ['Keep events in a stream', 'keep-events-in-a-stream'],
    ['`npm run user`', 'npm-run-user'],
    ['Names, [files](x.md) & folders', 'names-files--folders'],
    ['GET /core/users/me/', 'get-coreusersme'],
  ])('gives the heading "%s" the anchor "%s", as code hosts do', (heading, anchor) => {
    expect(slugOf(heading)).toBe(anchor);
  });
});
