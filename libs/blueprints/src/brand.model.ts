import { boolean, char, jsonObject, reference, referencesOf, since2026 } from '@gatehouse/contracts';
import { BRAND_PURPOSES, type Brand, brand, DEFAULT_BACKGROUND, NEWER_BRAND_PURPOSES } from '@gatehouse/plan';
import { z } from 'zod';
import {
  attributeErrors,
  brandSettingsFrom,
  forbidsOtherLogins,
  INVALID_PICTURE,
  isPictureAddress,
} from './brand-attributes.js';
import type { Draft } from './draft.js';
import { isMap, type Json } from './json.js';
import { loginFlowIds } from './login-flows.js';
import { blockedPicture, blockedPictures, mediaNameError, mediaUrl } from './media-name.js';
import type { BlueprintObject, ObjectModel } from './object-model.js';

const text = (maxLength: number) => char({ allowBlank: true, maxLength });
/** Longest style sheet of `branding_custom_css`, in characters. */
const MAX_BRANDING_CSS = 64 * 1024;
const picture = () =>
  text(500)
    .refine((address) => address === '' || isPictureAddress(address), { error: INVALID_PICTURE })
    .default('');

/** A brand (docs/spec/blueprints.md#brand). If its title is empty, pages show the title of the site. */
const brandSchema = z.object({
  domain: char({ maxLength: 260 }).describe('Host name; the brand is for this host and the hosts below it.'),
  default: boolean().default(false).describe('Whether the brand is for all hosts that no other brand is for.'),
  branding_title: text(100).default('').describe('Title of the pages. Empty: the title of the site.'),
  branding_logo: picture().describe('Path or URL of the logo.'),
  branding_favicon: picture().describe('Path or URL of the icon.'),
  branding_custom_css: since2026(text(MAX_BRANDING_CSS).default(''))
    .describe('Style sheet of the pages, applied before that in the attributes.')
    .meta({ since: '1.0.0' }),
  branding_default_flow_background: since2026(
    char({ maxLength: 500 })
      .refine((name) => mediaNameError(name) === undefined && isPictureAddress(mediaUrl(name)), {
        error: 'Enter the name of a picture, or an http(s) URL.',
      })
      .default(DEFAULT_BACKGROUND),
  )
    .describe('Picture of flows without one, if the attributes name none.')
    .meta({ since: '1.0.0' }),
  flow_authentication: reference('flow').describe('Flow in which users log in.'),
  flow_invalidation: reference('flow').describe('Flow in which users log out.'),
  flow_recovery: reference('flow').describe('Flow that the login page links for forgotten passwords.'),
  flow_unenrollment: reference('flow').describe('Flow in which users delete their account.'),
  flow_user_settings: reference('flow').describe('Flow in which users change their settings.'),
  flow_device_code: reference('flow').describe('Flow in which users enter the code of a device.'),
  flow_lockdown: since2026(reference('flow')).describe('Flow in which users and administrators lock an account.'),
  flow_user_switch: since2026(reference('flow')).describe(
    'Flow that leads to another user who is logged in within the same browser. Without it, a browser has one user.',
  ),
  flow_step_up: reference('flow').describe(
    'Flow in which logged-in users give the proofs that an application asks for beyond their login.',
  ),
  attributes: jsonObject()
    .default({})
    .describe('Language, theme, colours and other settings, see the page about brands.'),
});

/** The model of brands: one brand for each domain, one of which may be the default for other hosts. */
export const brandModel: ObjectModel = {
  name: 'authentik_brands.brand',
  kind: 'brand',
  key: ['domain'],
  schema: brandSchema,
  references: referencesOf(brandSchema),
  parents: [],
  uniqueFlag: 'default',
  ignores: (values) => ({
    ...blockedPictures(values, 'branding_logo', 'branding_favicon', 'branding_default_flow_background'),
    ...blockedBackground(values['attributes']),
  }),
  check: ({ attributes = {}, flow_authentication }) => {
    const errors = attributeErrors(attributes);
    if (!forbidsOtherLogins(attributes) || flow_authentication) return errors;
    return { ...errors, flow_authentication: [{ text: 'authentication_flow_only needs a login flow of the brand.' }] };
  },
};

/** Returns the warning about a background in the attributes of a brand that browsers block. */
function blockedBackground(attributes: Json | undefined): Readonly<Record<string, string>> {
  const own = isMap(attributes) ? attributes['gatehouse'] : undefined;
  const warning = isMap(own) ? blockedPicture(own['background']) : undefined;
  return warning === undefined ? {} : { attributes: `gatehouse.background: ${warning}` };
}

/** Returns whether a brand forbids login flows that it does not name (docs/reference/brands.md#other-login-flows). */
export const isRestricted = ({ values }: BlueprintObject): boolean => forbidsOtherLogins(values['attributes']);

/** Returns the brands of a draft in the form that the gateway reads, sorted by domain. */
export function compileBrands(draft: Draft): Brand[] {
  const objects = [...draft.objectsOf(brandModel.name)];
  const allowed = allowedLogins(objects, draft);
  const brands = objects.map((object) => ({ ...compileBrand(object, draft), ...allowed?.(object) }));
  return brands.sort((a, b) => (a.domain < b.domain ? -1 : 1));
}

/**
 * Returns a function from a brand to its allowed login flows, or `undefined` if no brand restricts its login flows. A
 * client chooses its `Host`, and could choose a brand without the restriction. A brand without the restriction
 * therefore allows only the flows that some brand names.
 */
function allowedLogins(brands: readonly BlueprintObject[], draft: Draft) {
  if (!brands.some(isRestricted)) return undefined;
  const slugsOf = (named: readonly BlueprintObject[]) => {
    const ids = new Set(named.flatMap((brand) => [...loginFlowIds(draft, brand)]));
    return [...ids].map((id) => String(draft.get(id)?.values['slug'])).sort();
  };
  return (brand: BlueprintObject) => ({ login_flows: slugsOf(isRestricted(brand) ? [brand] : brands) });
}

function compileBrand({ values }: BlueprintObject, draft: Draft): Brand {
  const { domain, default: isDefault, attributes, ...rest } = brandSchema.parse(values);
  const slugOf = (flow: string | null | undefined) => draft.get(flow ?? '')?.values['slug'];
  const flowsFor = (purposes: readonly (typeof BRAND_PURPOSES | typeof NEWER_BRAND_PURPOSES)[number][]) =>
    Object.fromEntries(
      purposes.flatMap((purpose) => {
        const slug = slugOf(rest[`flow_${purpose}`]);
        return slug === undefined ? [] : [[purpose, slug]];
      }),
    );
  const newer = flowsFor(NEWER_BRAND_PURPOSES);
  const stepUp = slugOf(rest.flow_step_up);
  const { branding_custom_css: css, branding_default_flow_background: picture } = rest;
  return brand.parse({
    ...(picture !== DEFAULT_BACKGROUND && { background: mediaUrl(picture) }),
    ...(css !== '' && { branding_custom_css: css }),
    ...brandSettingsFrom(attributes),
    ...{ domain, default: isDefault, title: rest.branding_title },
    ...(stepUp !== undefined && { step_up_flow: stepUp }),
    ...{ logo: rest.branding_logo, favicon: rest.branding_favicon, flows: flowsFor(BRAND_PURPOSES) },
    ...(Object.keys(newer).length > 0 && { newer_flows: newer }),
  });
}
