import { z } from 'zod';
import { DESIGNATIONS, type FlowVersion, LAYOUTS } from './flow-version.js';

/** The purposes for which a brand can have its own flow, one flow for each purpose. */
export const BRAND_PURPOSES = [
  'authentication',
  'invalidation',
  'recovery',
  'unenrollment',
  'user_settings',
  'device_code',
] as const;
/** The purposes that authentik has had since 2026.8. */
export const NEWER_BRAND_PURPOSES = ['lockdown', 'user_switch'] as const;
/**
 * The picture behind the pages of flows if neither the flow nor the brand has one. The clients of authentik have it.
 */
export const DEFAULT_BACKGROUND = '/static/dist/assets/images/flow_background.jpg';
export const THEMES = ['automatic', 'light', 'dark'] as const;

const footerLink = z.object({ name: z.string(), href: z.string().nullable() });

/** The look and the flows of the site at a domain. An empty text means that the brand does not set the value. */
export const brand = z.object({
  domain: z.string(),
  default: z.boolean(),
  title: z.string(),
  logo: z.string(),
  favicon: z.string(),
  /** Slugs of the brand's flows, by purpose. */
  flows: z.partialRecord(z.enum(BRAND_PURPOSES), z.string()),
  /**
   * The slugs for the newer purposes. They are stored separately, because an earlier version of the gateway refuses
   * brands that have them in `flows`.
   */
  newer_flows: z.partialRecord(z.enum(NEWER_BRAND_PURPOSES), z.string()).exactOptional(),
  /** Slug of the flow in which logged-in users give further or newer proofs (step-up). */
  step_up_flow: z.string().exactOptional(),
  locale: z.string(),
  theme: z.enum(THEMES),
  /** Colours as `#rrggbb`. */
  colours: z.object({ primary: z.string().optional() }).optional(),
  /** Background of the pages of flows that have no background of their own. The same applies to `layout`. */
  background: z.string().optional(),
  layout: z.enum(LAYOUTS).optional(),
  footer_links: z.array(footerLink),
  custom_css: z.string(),
  /**
   * Origins whose pages may use the passkeys of the site. Only those of the brand of BASE_URL's host have an effect.
   */
  passkey_origins: z.array(z.string()).exactOptional(),
  /** The style sheet that the brand also has for authentik's own pages. Pages apply it before `custom_css`. */
  branding_custom_css: z.string().exactOptional(),
  /**
   * Slugs of the flows with the designation `authentication` that visitors may start. Absent if no brand restricts
   * them.
   */
  login_flows: z.array(z.string()).exactOptional(),
});
export type Brand = z.output<typeof brand>;

/** All brands, and the default flow of each designation. Stored each time that blueprints are applied. */
export const brandSet = z.object({
  v: z.literal(1),
  brands: z.array(brand),
  /** Slug of the default flow of each designation: the first slug in alphabetical order. */
  first: z.partialRecord(z.enum(DESIGNATIONS), z.string()).default({}),
});
export type BrandSet = z.output<typeof brandSet>;

/**
 * Returns the brand for a host: the one with the longest domain that `host` equals or is a subdomain of, else the
 * default brand (docs/spec/blueprints.md#brand). `host` may contain a port.
 */
export function brandFor<B extends Brand>(brands: readonly B[], host: string): B | undefined {
  const names = [host, host.replace(PORT, '')].map((name) => name.toLowerCase());
  const matching = brands.filter(({ domain }) => names.some((name) => isAtOrBelow(name, domain.toLowerCase())));
  const [longest] = matching.toSorted((a, b) => b.domain.length - a.domain.length);
  return longest ?? brands.find((candidate) => candidate.default);
}

/** Whether a host is a domain or one of its subdomains. `evil-a.example` is no subdomain of `a.example`. */
const isAtOrBelow = (host: string, domain: string): boolean => host === domain || host.endsWith(`.${domain}`);

/**
 * Returns the login flows that visitors may start at a host without a brand: the login flows of all brands; `undefined`
 * if no brand restricts them.
 */
export function loginFlowsOfAll(brands: readonly Pick<Brand, 'login_flows'>[]): string[] | undefined {
  const restricted = brands.flatMap(({ login_flows }) => (login_flows ? [login_flows] : []));
  return restricted.length === 0 ? undefined : [...new Set(restricted.flat())];
}

/**
 * Returns whether a brand lets visitors start a flow. Flows that only outposts can run are always allowed, because
 * visitors cannot run them anyway.
 */
export const mayStart = (
  { login_flows: allowed }: Pick<Brand, 'login_flows'>,
  { slug, designation, authentication }: FlowVersion['flow'],
): boolean =>
  allowed === undefined ||
  designation !== 'authentication' ||
  authentication === 'require_outpost' ||
  allowed.includes(slug);

/** Matches the parts of a `Host` that a comparison with a brand's domain ignores: a final dot, and the port. */
const PORT = /\.?(:\d+)?$/;
