import type { CompiledCatalogue, Locale } from '@gatehouse/texts/browser';
import type { AccountData } from './account/account.js';
import type { ApiOutline } from './api/schema.js';

/** A challenge as the wire has it. */
export type Challenge = Readonly<Record<string, unknown>> & { readonly component: string };

/** What a site looks like. */
export interface Brand {
  readonly title: string;
  /** An address, in which `%(theme)s` stands for `light` or `dark`. */
  readonly logo?: string | undefined;
  readonly favicon?: string | undefined;
  /** Light or dark whatever the visitor's system says. */
  readonly theme?: 'automatic' | 'light' | 'dark' | undefined;
  readonly colours?: { readonly primary?: string | undefined } | undefined;
  /** For challenges that say none. */
  readonly background?: string | undefined;
  readonly footer_links?: readonly { readonly name: string; readonly href: string | null }[] | undefined;
  readonly custom_css?: string | undefined;
  /** For challenges that say none. */
  readonly layout?: string | undefined;
}

/** What a page of a flow is opened with: all that the browser is told too. */
export interface FlowPageData {
  readonly challenge: Challenge;
  readonly brand: Brand;
  readonly locale: Locale;
  readonly slug: string;
  /** The page's own address: where forms go. */
  readonly address: string;
  /** What a form repeats, so that it is known to be the visitor's own. */
  readonly token: { readonly field: string; readonly value: string };
  /** Names the run of the flow: another one has begun when it changes. */
  readonly run?: string | undefined;
  /**
   * Whether another site led here, or began the run. What the page's script begins then counts as begun from there, and it
   * sends no message before somebody acts.
   */
  readonly cross_site?: true | undefined;
  /** Set when the challenge could not be had: seconds until it is worth another try. */
  readonly retry_after_s?: number | undefined;
}

/** What somebody's own page is opened with. */
export interface AccountPageData {
  readonly own: AccountData;
  readonly brand: Brand;
  readonly locale: Locale;
  /** Where its forms go. */
  readonly address: string;
  readonly token: FlowPageData['token'];
  /** When it was drawn. */
  readonly now: Date;
  /**
   * Why a form was not taken: it could not be told from somebody else's, a device must be proved first, or a name is none.
   */
  readonly refused?: 'stale' | 'unproved' | 'name';
}

/** What the page of the API is opened with: all that the browser is told too. */
export interface ApiPageData {
  /** The published schema, without what it names; the browser fetches that. */
  readonly api: ApiOutline;
  readonly brand: Brand;
  readonly locale: Locale;
  /** The flow that is tried unless another one is named. */
  readonly slug: string;
}

/** All that a browser goes on with: the texts of its language too. */
export type BrowserPageData<Page> = Page & { readonly texts: CompiledCatalogue };

/** What a page is made of besides its content. */
export interface DocumentOptions {
  readonly nonce: string;
  /** Address of the script that makes the page quicker to use. */
  readonly script: string;
  /** The name of the cookie whose value the script repeats with every change. */
  readonly csrfCookie: string;
}

/** A page, and what of other origins it may reach. */
export interface RenderedPage {
  readonly html: string;
  readonly reach: ExternalOrigins;
}

/** Origins that a challenge cannot do without. */
export interface ExternalOrigins {
  /** Whose scripts and frames it runs, and whom those talk to. */
  readonly scripts: readonly string[];
  /** Whom it talks to. */
  readonly connects: readonly string[];
  /** Where it sends a form. */
  readonly forms: readonly string[];
}

/** What draws pages on the server. */
export interface PageRenderers {
  readonly renderFlowPage: (opened: FlowPageData, frame: DocumentOptions) => RenderedPage;
  readonly renderAccountPage: (opened: AccountPageData, frame: DocumentOptions) => RenderedPage;
  readonly renderApiPage: (opened: ApiPageData, frame: DocumentOptions) => RenderedPage;
}
