import type { Errors } from '@gatehouse/contracts';
import { isLocalPath, isWebAddress } from '@gatehouse/contracts';
import { LAYOUTS, THEMES } from '@gatehouse/plan';
import { z } from 'zod';

/** Characters of a brand's own style sheet. */
const MAX_CSS = 16 * 1024;
const MAX_ADDRESS = 500;
const MAX_LINKS = 12;

/** What would end an attribute, a `url()` or a header that an address is written into. */
const UNSAFE = /[\s"'<>\\;]/;

const isPlain = (address: string) => address.length <= MAX_ADDRESS && !UNSAFE.test(address);

/** Whether a picture can be had from there: from any site, or from a path of this one. */
export const isPictureAddress = (address: string): boolean =>
  isPlain(address) && (isLocalPath(address) || isWebAddress(address));
export const INVALID_PICTURE = 'Enter a path or an http(s) URL.';

const picture = z.string().refine(isPictureAddress, { error: INVALID_PICTURE });
const page = z.string().refine((to) => isPlain(to) && isWebAddress(to), { error: 'Enter an http(s) URL.' });

const footerLink = z.strictObject({ name: z.string().trim().min(1).max(100), href: page.nullable() });

const colour = z.string().regex(/^#[0-9a-fA-F]{6}$/, { error: 'Enter a colour as #rrggbb.' });

/** What of a brand's attributes has a meaning here; under `gatehouse` nothing else is allowed, so that no typing error hides. */
const brandAttributes = z.looseObject({
  settings: z
    .looseObject({
      locale: z.string().regex(/^([A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,3})?$/, { error: 'Enter a language tag.' }),
      theme: z.looseObject({ base: z.enum(THEMES) }).partial(),
    })
    .partial()
    .default({}),
  gatehouse: z
    .strictObject({
      colours: z.strictObject({ primary: colour }).partial(),
      background: picture,
      layout: z.enum(LAYOUTS),
      footer_links: z.array(footerLink).max(MAX_LINKS),
      // Whatever could end the element that it is written into has no meaning in CSS.
      custom_css: z
        .string()
        .max(MAX_CSS)
        .regex(/^(?!.*<[/!])/s, { error: 'A style sheet has no tags in it.' }),
    })
    .partial()
    .default({}),
});

/** What is wrong with the attributes of a brand, each with the path to it. */
export function attributeErrors(attributes: unknown): Errors {
  const { error } = brandAttributes.safeParse(attributes);
  if (!error) return {};
  return { attributes: error.issues.map(({ path, message }) => ({ text: `${path.join('.')}: ${message}` })) };
}

/** What attributes say of a brand. Throws for those that are refused. */
export function brandSettingsFrom(attributes: unknown) {
  const { settings, gatehouse } = brandAttributes.parse(attributes);
  const { footer_links = [], custom_css = '', ...rest } = gatehouse;
  return {
    ...rest,
    footer_links,
    custom_css,
    locale: settings.locale ?? '',
    theme: settings.theme?.base ?? 'automatic',
  };
}
