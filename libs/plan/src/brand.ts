import { z } from 'zod';
import { DESIGNATIONS, LAYOUTS } from './flow-version.js';

/** The purposes for which a brand can name a flow. */
export const BRAND_PURPOSES = [
  'authentication',
  'invalidation',
  'recovery',
  'unenrollment',
  'user_settings',
  'device_code',
] as const;
export const THEMES = ['automatic', 'light', 'dark'] as const;

const footerLink = z.object({ name: z.string(), href: z.string().nullable() });

/** How the site shows itself under a domain, and which flows serve there. An empty text is none. */
export const brand = z.object({
  domain: z.string(),
  default: z.boolean(),
  title: z.string(),
  logo: z.string(),
  favicon: z.string(),
  /** Slugs. */
  flows: z.partialRecord(z.enum(BRAND_PURPOSES), z.string()),
  locale: z.string(),
  theme: z.enum(THEMES),
  /** As `#rrggbb`. */
  colours: z.object({ primary: z.string().optional() }).optional(),
  /** For flows that have none of their own, as the layout is. */
  background: z.string().optional(),
  layout: z.enum(LAYOUTS).optional(),
  footer_links: z.array(footerLink),
  custom_css: z.string(),
});
export type Brand = z.output<typeof brand>;

/** All brands, and what serves where they name no flow, as it was when blueprints were last applied. */
export const brandSet = z.object({
  v: z.literal(1),
  brands: z.array(brand),
  /** Slugs of the first flow, by slug, of each designation. */
  first: z.partialRecord(z.enum(DESIGNATIONS), z.string()).default({}),
});
export type BrandSet = z.output<typeof brandSet>;

/**
 * The brand of a host, with or without a port: of those whose domain it ends with the one with the longest, else the
 * default one (docs/spec/blueprints.md#brand).
 */
export function brandFor(brands: readonly Brand[], host: string): Brand | undefined {
  const names = [host, host.replace(PORT, '')].map((name) => name.toLowerCase());
  const matching = brands.filter(({ domain }) => names.some((name) => name.endsWith(domain.toLowerCase())));
  const [longest] = matching.toSorted((a, b) => b.domain.length - a.domain.length);
  return longest ?? brands.find((one) => one.default);
}

/** A name may end with the root's dot. */
const PORT = /\.?(:\d+)?$/;
