import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type {
  AccountPageData,
  ApiPageData,
  DocumentOptions,
  FlowPageData,
  PageRenderers,
  RenderedPage,
} from '@gatehouse/web';
import { CSRF_COOKIE } from '../cookie-names.js';

/** A file that pages load, as it is and compressed. */
export interface StaticFile {
  readonly type: string;
  readonly bytes: Readonly<Record<Encoding, Buffer>>;
}

export type Encoding = 'br' | 'gzip' | 'identity';

/** A page that is ready to be sent. */
export type SendablePage = ReturnType<PageRenderer['flow']>;

/** Entry of the script in the manifest of the build. */
const ENTRY = 'src/client.tsx';
/** Where the build puts what solves the house's own puzzle. */
const PROOF_OF_WORK_FILE = 'proof/proof-of-work.js';
const SUFFIXES: Readonly<Record<Encoding, string>> = { br: '.br', gzip: '.gz', identity: '' };
/** Where the files are on the server; what is under it never changes. */
export const FILES_ADDRESS = '/static/pages';

interface Loaded {
  /** By name. */
  readonly files: ReadonlyMap<string, StaticFile>;
  readonly proofScript: StaticFile;
}

/** The site's pages as they were built: what draws them, and the files that they load. */
export class PageRenderer {
  private constructor(
    private readonly pages: PageRenderers,
    private readonly frame: Pick<DocumentOptions, 'script' | 'csrfCookie'>,
    private readonly loaded: Loaded,
  ) {}

  /** What solves the house's own puzzle in a browser. */
  get proofScript(): StaticFile {
    return this.loaded.proofScript;
  }

  /**
   * `folder`: where the build put them. All of it is small, and kept in memory. `csrfCookie`: the name of the cookie whose value
   * their script repeats.
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
    return new PageRenderer(pages, frame, { files: new Map(files), proofScript });
  }

  file(name: string): StaticFile | undefined {
    return this.loaded.files.get(name);
  }

  flow(opened: FlowPageData) {
    return this.drawn((frame) => this.pages.renderFlowPage(opened, frame));
  }

  own(opened: AccountPageData) {
    return this.drawn((frame) => this.pages.renderAccountPage(opened, frame));
  }

  api(opened: ApiPageData) {
    return this.drawn((frame) => this.pages.renderApiPage(opened, frame));
  }

  private drawn(draw: (frame: DocumentOptions) => RenderedPage) {
    const nonce = newNonce();
    return { ...draw({ ...this.frame, nonce }), nonce };
  }
}

/** What allows a page's own script and style, and no other. */
const newNonce = (): string => randomBytes(16).toString('base64');

type Manifest = Readonly<Record<string, { readonly file: string }>>;

async function read(path: string): Promise<StaticFile> {
  const [br, gzip, identity] = await Promise.all(
    (['br', 'gzip', 'identity'] as const).map((encoding) => readFile(path + SUFFIXES[encoding])),
  );
  if (!br || !gzip || !identity) throw new Error(`${path} is not there`);
  return { type: 'text/javascript; charset=utf-8', bytes: { br, gzip, identity } };
}
