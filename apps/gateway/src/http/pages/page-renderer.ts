import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Brand } from '@gatehouse/plan';
import type {
  AccountPageData,
  ApiPageData,
  DocumentOptions,
  FlowChangePageData,
  FlowListPageData,
  FlowPageData,
  FlowVersionsPageData,
  PageRenderers,
  RenderedPage,
} from '@gatehouse/web';
import { CSRF_COOKIE } from '../cookie-names.js';

/** A file that pages load, uncompressed and compressed. */
export interface StaticFile {
  readonly type: string;
  readonly bytes: Readonly<Record<Encoding, Buffer>>;
}

export type Encoding = 'br' | 'gzip' | 'identity';

/** A rendered page, with the origins that its CSP must allow. */
export type SendablePage = ReturnType<PageRenderer['flow']>;

/** Entry of the page script in the build manifest. */
const ENTRY = 'src/client.tsx';
/** The built script that solves proof-of-work challenges. */
const PROOF_OF_WORK_FILE = 'proof/proof-of-work.js';
const SUFFIXES: Readonly<Record<Encoding, string>> = { br: '.br', gzip: '.gz', identity: '' };
/** The icons that browsers and phones request, by their paths, with their media types. */
export const ICON_TYPES = { '/favicon.ico': 'image/x-icon', '/apple-touch-icon.png': 'image/png' } as const;
/**
 * URL path of the folder with the page scripts. A file in this folder never changes, because its name contains a hash
 * of its content.
 */
export const FILES_ADDRESS = '/static/pages';

interface LoadedFiles {
  /** Files that pages load, by file name. */
  readonly files: ReadonlyMap<string, StaticFile>;
  readonly proofScript: StaticFile;
  /** Icons by URL path, such as `/favicon.ico`. */
  readonly icons: ReadonlyMap<string, Buffer>;
}

/** Renders the built pages and serves the files that they load. */
export class PageRenderer {
  private constructor(
    private readonly pages: PageRenderers,
    private readonly frame: Pick<DocumentOptions, 'script' | 'csrfCookie'>,
    private readonly loaded: LoadedFiles,
  ) {}

  /** The script that solves proof-of-work challenges in browsers. */
  get proofScript(): StaticFile {
    return this.loaded.proofScript;
  }

  /** Returns the icon of the site at a path of `ICON_TYPES`. */
  icon(path: string): Buffer | undefined {
    return this.loaded.icons.get(path);
  }

  /**
   * Loads the pages of a build folder into memory. `csrfCookie` names the cookie whose value the script of the pages
   * sends as a header.
   */
  static async open(folder: string, csrfCookie: string = CSRF_COOKIE): Promise<PageRenderer> {
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest;
    const pages = (await import(pathToFileURL(join(folder, 'server.js')).href)) as PageRenderers;
    const files = await Promise.all(
      Object.values(manifest).map(async ({ file }) => [basename(file), await read(join(folder, file))] as const),
    );
    const script = basename(manifest[ENTRY]?.file ?? '');
    const proofScript = await read(join(folder, PROOF_OF_WORK_FILE));
    const frame = { script: `${FILES_ADDRESS}/${script}`, csrfCookie };
    const icons = await Promise.all(
      Object.keys(ICON_TYPES).map(async (path) => [path, await readFile(join(folder, 'icons', path))] as const),
    );
    return new PageRenderer(pages, frame, { files: new Map(files), proofScript, icons: new Map(icons) });
  }

  file(name: string): StaticFile | undefined {
    return this.loaded.files.get(name);
  }

  flow(data: FlowPageData) {
    return this.render((frame) => this.pages.renderFlowPage(data, frame));
  }

  account(data: AccountPageData) {
    return this.render((frame) => this.pages.renderAccountPage(data, frame));
  }

  api(data: ApiPageData) {
    return this.render((frame) => this.pages.renderApiPage(data, frame));
  }

  flowList(data: FlowListPageData) {
    return this.render((frame) => this.pages.renderFlowListPage(data, frame));
  }

  flowVersions(data: FlowVersionsPageData) {
    return this.render((frame) => this.pages.renderFlowVersionsPage(data, frame));
  }

  flowChange(data: FlowChangePageData) {
    return this.render((frame) => this.pages.renderFlowChangePage(data, frame));
  }

  private render(draw: (frame: DocumentOptions) => RenderedPage) {
    const nonce = newNonce();
    return { ...draw({ ...this.frame, nonce }), nonce };
  }
}

/** Returns a CSP nonce, which allows only the script and style of this page. */
const newNonce = (): string => randomBytes(16).toString('base64');

type Manifest = Readonly<Record<string, { readonly file: string }>>;

async function read(path: string): Promise<StaticFile> {
  const [br, gzip, identity] = await Promise.all(
    (['br', 'gzip', 'identity'] as const).map((encoding) => readFile(path + SUFFIXES[encoding])),
  );
  if (!br || !gzip || !identity)
    throw new Error(`${path} is missing in the build folder of the pages. Run npm run build.`);
  return { type: 'text/javascript; charset=utf-8', bytes: { br, gzip, identity } };
}

/** Returns the fields of a brand that pages show. */
export function brandAppearance(brand: Brand): FlowPageData['brand'] {
  const { title, logo, favicon, theme, colours, background, footer_links, layout } = brand;
  const custom_css = [brand.branding_custom_css, brand.custom_css].filter(Boolean).join('\n');
  return { title, logo, favicon, theme, colours, background, footer_links, custom_css, layout };
}
