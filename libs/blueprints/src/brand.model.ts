import { boolean, char, jsonObject, reference, referencesOf } from '@gatehouse/contracts';
import { BRAND_PURPOSES, type Brand, brand } from '@gatehouse/plan';
import { z } from 'zod';
import { attributeErrors, brandSettingsFrom, INVALID_PICTURE, isPictureAddress } from './brand-attributes.js';
import type { Draft } from './draft.js';
import type { BlueprintObject, ObjectModel } from './object-model.js';

const text = (maxLength: number) => char({ allowBlank: true, maxLength });
const picture = () =>
  text(500)
    .refine((address) => address === '' || isPictureAddress(address), { error: INVALID_PICTURE })
    .default('');

/** A brand (docs/spec/blueprints.md#brand). A title that is empty is the site's. */
const brandSchema = z.object({
  domain: char({ maxLength: 260 }),
  default: boolean().default(false),
  branding_title: text(100).default(''),
  branding_logo: picture(),
  branding_favicon: picture(),
  flow_authentication: reference('flow'),
  flow_invalidation: reference('flow'),
  flow_recovery: reference('flow'),
  flow_unenrollment: reference('flow'),
  flow_user_settings: reference('flow'),
  flow_device_code: reference('flow'),
  attributes: jsonObject().default({}),
});

/** Brands as blueprint objects: one for each domain, and one for hosts that have none. */
export const brandModel: ObjectModel = {
  name: 'authentik_brands.brand',
  kind: 'brand',
  key: ['domain'],
  schema: brandSchema,
  references: referencesOf(brandSchema),
  parents: [],
  sole: 'default',
  check: ({ attributes = {} }) => attributeErrors(attributes),
};

/** The brands of a draft as the gateway reads them, in the order of their domains. */
export function compileBrands(draft: Draft): Brand[] {
  const brands = [...draft.of(brandModel.name)].map((object) => compileBrand(object, draft));
  return brands.sort((a, b) => (a.domain < b.domain ? -1 : 1));
}

function compileBrand({ values }: BlueprintObject, draft: Draft): Brand {
  const { domain, default: isDefault, attributes, ...rest } = brandSchema.parse(values);
  const flows = BRAND_PURPOSES.flatMap((purpose) => {
    const slug = draft.get(rest[`flow_${purpose}`] ?? '')?.values['slug'];
    return slug === undefined ? [] : [[purpose, slug]];
  });
  return brand.parse({
    ...brandSettingsFrom(attributes),
    ...{ domain, default: isDefault, title: rest.branding_title },
    ...{ logo: rest.branding_logo, favicon: rest.branding_favicon, flows: Object.fromEntries(flows) },
  });
}
