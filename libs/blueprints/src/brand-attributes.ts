import type { Errors } from '@gatehouse/contracts';
import { isLocalPath, isWebAddress, schemaLayers } from '@gatehouse/contracts';
import { LAYOUTS, THEMES } from '@gatehouse/plan';
import { z } from 'zod';
import { schemaAt } from './choices.js';
import { suggestion } from './suggestion.js';

/** Maximum length of a brand's style sheet, in characters. */
const MAX_CSS = 16 * 1024;
const MAX_ADDRESS = 500;
const MAX_LINKS = 12;
/** Largest number of origins that share the passkeys of the site. */
const MAX_PASSKEY_ORIGINS = 20;

/** Characters that could close the HTML attribute, CSS `url()` or header that a URL is written into (injection). */
const UNSAFE = /[\s"'<>\\;]/;

const isPlain = (address: string) => address.length <= MAX_ADDRESS && !UNSAFE.test(address);

/** Returns whether a picture may be loaded from this address: an http(s) URL, or a path of this site. */
export const isPictureAddress = (address: string): boolean =>
  isPlain(address) && (isLocalPath(address) || isWebAddress(address));
export const INVALID_PICTURE = 'Enter a path or an http(s) URL.';

const picture = z.string().refine(isPictureAddress, { error: INVALID_PICTURE });
const page = z.string().refine((to) => isPlain(to) && isWebAddress(to), { error: 'Enter an http(s) URL.' });

const passkeyOrigin = z.string().refine(isHttpsOrigin, {
  error: 'Enter an https origin with a domain, such as https://shop.example.net, in lower case and without a path.',
});

/** Returns whether a text is an https origin of a domain, exactly as browsers write it. Passkeys need a domain. */
function isHttpsOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, origin, hostname } = new URL(text);
  return protocol === 'https:' && origin === text && /^([a-z0-9][-a-z0-9]*\.)+[a-z][-a-z0-9]*$/.test(hostname);
}

const footerLink = z.strictObject({ name: z.string().trim().min(1).max(100), href: page.nullable() });

const colour = z.string().regex(/^#[0-9a-fA-F]{6}$/, { error: 'Enter a colour as #rrggbb.' });

/**
 * The supported attributes of a brand. Unknown keys under `gatehouse` are an error, so that typing errors are noticed.
 */
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
      authentication_flow_only: z.boolean(),
      colours: z.strictObject({ primary: colour }).partial(),
      background: picture,
      layout: z.enum(LAYOUTS),
      footer_links: z.array(footerLink).max(MAX_LINKS),
      passkey_origins: z.array(passkeyOrigin).max(MAX_PASSKEY_ORIGINS),
      // Valid CSS contains neither `</` nor `<!`, so refusing both keeps a style sheet from closing its <style>
      // element.
      custom_css: z
        .string()
        .max(MAX_CSS)
        .regex(/^(?!.*<[/!])/s, { error: 'A style sheet has no tags in it.' }),
    })
    .partial()
    .default({}),
});

/** Returns the errors in a brand's attributes, each with the path of the attribute. */
export function attributeErrors(attributes: unknown): Errors {
  const { error } = brandAttributes.safeParse(attributes);
  if (!error) return {};
  return { attributes: error.issues.map((issue) => ({ text: attributeText(issue) })) };
}

function attributeText(issue: z.core.$ZodIssue): string {
  const path = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return `${path}: ${issue.message}`;
  const [key = ''] = issue.keys;
  const object = [...schemaLayers(schemaAt(brandAttributes, issue.path))].find((layer) => layer instanceof z.ZodObject);
  return `${path}: there is no key ${key}.${suggestion(key, Object.keys(object?.shape ?? {}), 'Keys')}`;
}

/** Returns whether the attributes forbid login flows that the brand does not name. */
export const forbidsOtherLogins = (attributes: unknown): boolean =>
  brandAttributes.safeParse(attributes).data?.gatehouse.authentication_flow_only === true;

/** Returns the brand settings in `attributes`. Throws when an attribute is invalid. */
export function brandSettingsFrom(attributes: unknown) {
  const { settings, gatehouse } = brandAttributes.parse(attributes);
  const { footer_links = [], custom_css = '', authentication_flow_only: _, ...rest } = gatehouse;
  return {
    ...rest,
    footer_links,
    custom_css,
    locale: settings.locale ?? '',
    theme: settings.theme?.base ?? 'automatic',
  };
}
