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

/** The look of the site under a domain, and its flows. An empty text means that the brand sets none. */
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
  /** The background, like the layout, applies to flows without their own. */
  background: z.string().optional(),
  layout: z.enum(LAYOUTS).optional(),
  footer_links: z.array(footerLink),
  custom_css: z.string(),
});
export type Brand = z.output<typeof brand>;

/** All brands, and the default flow of each designation, as of the last time blueprints were applied. */
export const brandSet = z.object({
  v: z.literal(1),
  brands: z.array(brand),
  /** For each designation, the slug that sorts first. */
  first: z.partialRecord(z.enum(DESIGNATIONS), z.string()).default({}),
});
export type BrandSet = z.output<typeof brandSet>;

/**
 * Returns the brand of a host, with or without a port: the one with the longest domain that the host ends with, else the
 * default brand (docs/spec/blueprints.md#brand).
 */
export function brandFor(brands: readonly Brand[], host: string): Brand | undefined {
  const names = [host, host.replace(PORT, '')].map((name) => name.toLowerCase());
  const matching = brands.filter(({ domain }) => names.some((name) => name.endsWith(domain.toLowerCase())));
  const [longest] = matching.toSorted((a, b) => b.domain.length - a.domain.length);
  return longest ?? brands.find((candidate) => candidate.default);
}

/** A host name may end with a dot, the DNS root. */
const PORT = /\.?(:\d+)?$/;
