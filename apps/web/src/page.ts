import type { CompiledCatalogue, Locale } from '@gatehouse/texts/browser';
import type { AccountData } from './account/account.js';
import type { ApiOutline } from './api/schema.js';
import type { FlowChangeData, FlowRolloutData } from './flow-versions/flow-change.js';
import type { VersionDiagram } from './flow-versions/flow-diagram.js';
import type { VersionSimulation } from './flow-versions/flow-simulation.js';
import type { FlowVersionRow, ListedFlow, VersionComparison } from './flow-versions/flow-versions.js';

/** A challenge of the flow executor API. */
export type Challenge = Readonly<Record<string, unknown>> & { readonly component: string };

/** The brand of a site. */
export interface Brand {
  readonly title: string;
  /** URL of the logo. The page replaces `%(theme)s` in it by `light` or `dark`. */
  readonly logo?: string | undefined;
  readonly favicon?: string | undefined;
  /** `light` and `dark` override the preference of the visitor's system. */
  readonly theme?: 'automatic' | 'light' | 'dark' | undefined;
  readonly colours?: { readonly primary?: string | undefined } | undefined;
  /** Background of challenges that have no background. */
  readonly background?: string | undefined;
  readonly footer_links?: readonly { readonly name: string; readonly href: string | null }[] | undefined;
  readonly custom_css?: string | undefined;
  /** Layout of challenges that have no layout. */
  readonly layout?: string | undefined;
}

/** The language of a page. */
export interface LanguagePageData {
  readonly locale: Locale;
  /** The visitor's choice in the language menu, `''` for none. Without this field, the page has no menu. */
  readonly chosen_locale?: Locale | '' | undefined;
}

/** The data of a flow page. The browser receives all of it. */
export interface FlowPageData extends LanguagePageData {
  readonly challenge: Challenge;
  readonly brand: Brand;
  readonly slug: string;
  /** URL of the page, which is the target of its forms. */
  readonly address: string;
  /** The CSRF token of forms. */
  readonly token: { readonly field: string; readonly value: string };
  /** Id of the run. It changes when the flow starts again. */
  readonly run?: string | undefined;
  /** Id of the step, and the hidden field of forms that names it. The field is not a part of the answer. */
  readonly step?: FlowPageData['token'] | undefined;
  /**
   * Whether another site opened the page or started the run. The page's script then adds `cross_site=1` to its
   * requests, and requests no text message and no Duo push before the visitor acts.
   */
  readonly cross_site?: true | undefined;
  /** The value of the response header `x-gatehouse-reason`: the reasons of the challenge's texts. */
  readonly reasons?: string | undefined;
  /** Fields that the visitor typed into a form that was refused, by name. Contains no secret. */
  readonly typed?: Readonly<Record<string, string>> | undefined;
  /** URL of the brand's recovery flow, if there is one. */
  readonly recovery_url?: string | undefined;
  /** Set if the page previews a flow version (docs/spec/preview.md). */
  readonly preview?: PreviewPageData | undefined;
  /** Seconds to wait before a retry. Set if the challenge is unavailable. */
  readonly retry_after_s?: number | undefined;
}

/** The preview that a page shows. */
export interface PreviewPageData {
  /** The token of the preview link. */
  readonly link: string;
  /** Number of the flow version. */
  readonly version: number;
  /** Name of the test user. */
  readonly user: string;
  /** The sealed run, which the next request sends back. */
  readonly state?: string | undefined;
  /** The side effects that the run would have had so far. */
  readonly notes: readonly PreviewNote[];
}

/** A side effect that a login would have had, such as a mail, or a step whose stage was left out (`left_out`). */
export interface PreviewNote {
  readonly what: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** The data of the account page. */
export interface AccountPageData extends LanguagePageData {
  readonly account: AccountData;
  readonly brand: Brand;
  /** URL of the page, which is the target of its forms. */
  readonly address: string;
  readonly token: FlowPageData['token'];
  /** Time at which the page is rendered, to which relative times refer. */
  readonly now: Date;
  /**
   * Why a form was refused: its CSRF token is outdated (`stale`), the session lacks a recent login with a device, which
   * is required to remove a device (`unproved`), or the new name of a device is invalid.
   */
  readonly refused?: 'stale' | 'unproved' | 'name';
}

/** The part of the data of the account page that the browser receives. */
export type AccountScriptData = Pick<AccountData, 'passkeys'>;

/** The data that all pages about flows have, which superusers see. */
interface AdministrationPageData extends LanguagePageData {
  readonly brand: Brand;
  /** URL of the page, without its query. */
  readonly address: string;
  /** Time at which the page is rendered, to which relative times refer. */
  readonly now: Date;
}

/** The data of the page that lists the flows. */
export interface FlowListPageData extends AdministrationPageData {
  readonly flows: readonly ListedFlow[];
  /**
   * Numbers of the answered visits of the last day that have ended, and of those that were finished, by the slug of the
   * flow. A flow without such visits is left out. Undefined if counting took too long.
   */
  readonly completions: Readonly<Record<string, { readonly ended: number; readonly done: number }>> | undefined;
}

/** The data of the page of a flow with its versions. */
export interface FlowVersionsPageData extends AdministrationPageData {
  readonly flow: ListedFlow;
  /**
   * Whether the current version was chosen by hand, so that applying blueprints does not publish the flow (held flow).
   */
  readonly isHeld: boolean;
  /** The newest first. */
  readonly versions: readonly FlowVersionRow[];
  /** The versions that are chosen in the form that compares two versions. */
  readonly selected: Pick<VersionComparison, 'from' | 'to'>;
  readonly comparison?: VersionComparison;
  /** The version and the period that are chosen in the form above the diagram. */
  readonly shown: { readonly version: number; readonly period: string };
  /** The diagram, or why there is none: the flow does not have the version, it is not readable, or the period is invalid. */
  readonly diagram: VersionDiagram | 'unknown_version' | 'unknown_format' | 'invalid_period';
  /** The simulation of the version in the diagram, if it was asked for; `busy` while another one runs. */
  readonly simulation?: VersionSimulation | 'busy';
  /** Why the form was refused: the flow does not have both versions. */
  readonly refused?: 'unknown_version';
  /** The running rollout, or why it cannot be shown; undefined if none runs. */
  readonly rollout?: FlowRolloutData | undefined;
  /** Whether the page follows a change that was made. */
  readonly isChanged?: boolean;
}

/** The data of the page on which a superuser confirms a change of a flow. */
export interface FlowChangePageData extends AdministrationPageData, FlowChangeData {
  readonly flow: ListedFlow;
  readonly token: FlowPageData['token'];
}

/** The data of the API page. The browser receives all of it. */
export interface ApiPageData extends LanguagePageData {
  /** The OpenAPI document without its named schemas. The browser fetches those later, from `/api/v3/schema/`. */
  readonly api: ApiOutline;
  readonly brand: Brand;
  /** URL of the page, to which its language menu redirects after a choice. */
  readonly address: string;
  /** Slug of the flow that the form "Try a flow" proposes. */
  readonly slug: string;
}

/** The page data with the texts of its language, for hydration. */
export type BrowserPageData<Page> = Page & { readonly texts: CompiledCatalogue };

/** Options of the HTML document around a page. */
export interface DocumentOptions {
  readonly nonce: string;
  /** URL of the script that hydrates the page. */
  readonly script: string;
  /** Name of the CSRF cookie, whose value the script sends as a header. */
  readonly csrfCookie: string;
}

/** A rendered page, and the external origins for its Content-Security-Policy. */
export interface RenderedPage {
  readonly html: string;
  readonly externalOrigins: ExternalOrigins;
}

/** Origins that a challenge needs. */
export interface ExternalOrigins {
  /** Origins from which the page loads scripts, styles and frames, and to which its scripts connect. */
  readonly scripts: readonly string[];
  /** Further origins to which the page's scripts connect. */
  readonly connects: readonly string[];
  /** Origins to which the page submits forms. */
  readonly forms: readonly string[];
  /** Further origins from which the page loads frames. */
  readonly frames: readonly string[];
  /** Hashes of the scripts that run in sandboxed frames, which inherit the policy. */
  readonly hashes: readonly string[];
}

/** The functions that render pages on the server. */
export interface PageRenderers {
  readonly renderFlowPage: (pageData: FlowPageData, frame: DocumentOptions) => RenderedPage;
  readonly renderAccountPage: (pageData: AccountPageData, frame: DocumentOptions) => RenderedPage;
  readonly renderFlowListPage: (pageData: FlowListPageData, frame: DocumentOptions) => RenderedPage;
  readonly renderFlowVersionsPage: (pageData: FlowVersionsPageData, frame: DocumentOptions) => RenderedPage;
  readonly renderFlowChangePage: (pageData: FlowChangePageData, frame: DocumentOptions) => RenderedPage;
  readonly renderApiPage: (pageData: ApiPageData, frame: DocumentOptions) => RenderedPage;
}
