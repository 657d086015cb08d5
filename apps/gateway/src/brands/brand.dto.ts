import { since2026, themedUrls } from '@gatehouse/contracts';
import { BRAND_PURPOSES, type Brand, NEWER_BRAND_PURPOSES, THEMES } from '@gatehouse/plan';
import { z } from 'zod';
import { themedUrlsOf } from '../flows/themed-urls.js';

const footerLink = z
  .object({ href: z.string().nullable(), name: z.string() })
  .meta({ id: 'FooterLink', description: 'A link in the footer of a page. Without a URL it is shown as text.' });

const slug = z.string().optional();

const flags = z
  .object({ flows_continuous_login: z.boolean(), flows_refresh_others: z.boolean() })
  .meta({ id: 'CurrentBrandFlags', description: 'What the client does in its other tabs after a login.' });

/**
 * The brand of a host (docs/spec/clients.md#brand-and-configuration). A field `flow_…` is absent if the brand does not
 * name such a flow.
 */
export const currentBrand = z
  .object({
    matched_domain: z.string(),
    branding_title: z.string(),
    branding_logo: z.string(),
    branding_logo_themed_urls: since2026(themedUrls.nullable()),
    branding_favicon: z.string(),
    branding_favicon_themed_urls: since2026(themedUrls.nullable()),
    branding_custom_css: since2026(z.string()),
    branding_map_tiles: since2026(z.string()),
    ui_footer_links: z.array(footerLink).readonly(),
    ui_theme: z.enum(THEMES).meta({ id: 'UiThemeEnum' }),
    flow_authentication: slug,
    flow_invalidation: slug,
    flow_recovery: slug,
    flow_unenrollment: slug,
    flow_user_settings: slug,
    flow_device_code: slug,
    flow_lockdown: since2026(slug),
    flow_user_switch: since2026(slug),
    flow_request: since2026(slug),
    default_locale: z.string(),
    flags: since2026(flags),
  })
  .meta({ id: 'CurrentBrand', description: 'The brand of the requested host: title, logo, theme and default flows.' });
type CurrentBrand = z.input<typeof currentBrand>;

/** Images that are part of authentik's clients, so Gatehouse need not serve them. */
const LOGO = '/static/dist/assets/icons/icon_left_brand.svg';
const FAVICON = '/static/dist/assets/icons/icon.png';

const PURPOSES = [...BRAND_PURPOSES, ...NEWER_BRAND_PURPOSES];

/** Returns a brand in the form of the API, with the fields of all versions. */
export function toCurrentBrand(brand: Brand): CurrentBrand {
  const slugs: Readonly<Partial<Record<string, string>>> = { ...brand.flows, ...brand.newer_flows };
  return {
    matched_domain: brand.domain,
    branding_title: brand.title,
    branding_logo: brand.logo || LOGO,
    branding_logo_themed_urls: themedUrlsOf(brand.logo),
    branding_favicon: brand.favicon || FAVICON,
    branding_favicon_themed_urls: themedUrlsOf(brand.favicon),
    branding_custom_css: brand.branding_custom_css ?? '',
    branding_map_tiles: '',
    ui_footer_links: brand.footer_links,
    ui_theme: brand.theme,
    ...Object.fromEntries(
      PURPOSES.flatMap((purpose) => {
        const flow = slugs[purpose];
        return flow === undefined ? [] : [[`flow_${purpose}`, flow]];
      }),
    ),
    default_locale: brand.locale,
    flags: { flows_continuous_login: false, flows_refresh_others: false },
  };
}
