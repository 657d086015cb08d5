import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Drawn, FrameParts, Opened, OpenedApi, OpenedOwn, Pages } from '@gatehouse/web';

/** A file that pages load, as it is and compressed. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Readonly<Record<Encoding, Buffer>>;
}

export type Encoding = 'br' | 'gzip' | 'identity';

/** A page that is ready to be sent. */
export type SentPage = ReturnType<SitePages['flow']>;

/** Entry of the script in the manifest of the build. */
const ENTRY = 'src/client.tsx';
/** Where the build puts what solves the house's own puzzle. */
const PROOF = 'proof/proof-of-work.js';
const SUFFIXES: Readonly<Record<Encoding, string>> = { br: '.br', gzip: '.gz', identity: '' };
/** Where the files are on the server; what is under it never changes. */
export const FILES_ADDRESS = '/static/pages';

interface Loaded {
  /** By name. */
  readonly files: ReadonlyMap<string, PageFile>;
  readonly proofScript: PageFile;
}

/** The site's pages as they were built: what draws them, and the files that they load. */
export class SitePages {
  private constructor(
    private readonly pages: Pages,
    private readonly script: string,
    private readonly loaded: Loaded,
  ) {}

  /** What solves the house's own puzzle in a browser. */
  get proofScript(): PageFile {
    return this.loaded.proofScript;
  }

  /** `folder`: where the build put them. All of it is small, and kept in memory. */
  static async open(folder: string): Promise<SitePages> {
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest;
    const pages = (await import(pathToFileURL(join(folder, 'server.js')).href)) as Pages;
    const files = await Promise.all(
      Object.values(manifest).map(async ({ file }) => [basename(file), await read(join(folder, file))] as const),
    );
    const script = basename(manifest[ENTRY]?.file ?? '');
    const proofScript = await read(join(folder, PROOF));
    return new SitePages(pages, `${FILES_ADDRESS}/${script}`, { files: new Map(files), proofScript });
  }

  file(name: string): PageFile | undefined {
    return this.loaded.files.get(name);
  }

  flow(opened: Opened) {
    return this.drawn((frame) => this.pages.drawFlow(opened, frame));
  }

  own(opened: OpenedOwn) {
    return this.drawn((frame) => this.pages.drawOwn(opened, frame));
  }

  api(opened: OpenedApi) {
    return this.drawn((frame) => this.pages.drawApi(opened, frame));
  }

  private drawn(draw: (frame: FrameParts) => Drawn) {
    const nonce = newNonce();
    return { ...draw({ nonce, script: this.script }), nonce };
  }
}

/** What allows a page's own script and style, and no other. */
const newNonce = (): string => randomBytes(16).toString('base64');

type Manifest = Readonly<Record<string, { readonly file: string }>>;

async function read(path: string): Promise<PageFile> {
  const [br, gzip, identity] = await Promise.all(
    (['br', 'gzip', 'identity'] as const).map((encoding) => readFile(path + SUFFIXES[encoding])),
  );
  if (!br || !gzip || !identity) throw new Error(`${path} is not there`);
  return { type: 'text/javascript; charset=utf-8', bytes: { br, gzip, identity } };
}
