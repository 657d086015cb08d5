import { since2026 } from '@gatehouse/contracts';
import { BRAND_PURPOSES, type Brand, THEMES } from '@gatehouse/plan';
import { z } from 'zod';

const footerLink = z
  .object({ href: z.string().nullable(), name: z.string() })
  .meta({ id: 'FooterLink', description: 'A link in the footer of a page. Without a URL it is shown as text.' });

const slug = z.string().optional();

/**
 * The brand of a host (docs/spec/clients.md#brand-and-configuration). A field `flow_…` is absent if the brand does not
 * name such a flow.
 */
export const currentBrand = z
  .object({
    matched_domain: z.string(),
    branding_title: z.string(),
    branding_logo: z.string(),
    branding_favicon: z.string(),
    ui_footer_links: z.array(footerLink).readonly(),
    ui_theme: z.enum(THEMES).meta({ id: 'UiThemeEnum' }),
    flow_authentication: slug,
    flow_invalidation: slug,
    flow_recovery: slug,
    flow_unenrollment: slug,
    flow_user_settings: slug,
    flow_device_code: slug,
    flow_lockdown: since2026(slug),
    default_locale: z.string(),
  })
  .meta({ id: 'CurrentBrand', description: 'The brand of the requested host: title, logo, theme and default flows.' });
type CurrentBrand = z.input<typeof currentBrand>;

/** Images that are part of authentik's clients, so Gatehouse need not serve them. */
const LOGO = '/static/dist/assets/icons/icon_left_brand.svg';
const FAVICON = '/static/dist/assets/icons/icon.png';

/** Returns a brand in the form of the API. */
export const toCurrentBrand = (brand: Brand): CurrentBrand => ({
  matched_domain: brand.domain,
  branding_title: brand.title,
  branding_logo: brand.logo || LOGO,
  branding_favicon: brand.favicon || FAVICON,
  ui_footer_links: brand.footer_links,
  ui_theme: brand.theme,
  ...Object.fromEntries(
    BRAND_PURPOSES.flatMap((purpose) => {
      const flow = brand.flows[purpose];
      return flow === undefined ? [] : [[`flow_${purpose}`, flow]];
    }),
  ),
  default_locale: brand.locale,
});
