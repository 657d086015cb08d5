import type { StageForm } from '@gatehouse/client';
import type { FormAnswer } from '../flow/page.context.js';
import type { Envelope } from './envelope.js';

/** A message of a page module. */
export type ModuleMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'height'; readonly height: number }
  | { readonly type: 'answer'; readonly fields: FormAnswer };

/** Limits of the height of the frame, in pixels. */
const HEIGHT = { min: 48, max: 2000 };
/** Largest answer of a module as JSON, in characters. */
const MAX_ANSWER = 128 * 1024;

/** Returns a message of a page module if it is valid. An answer may only have fields of the form, with scalar values. */
export function readModuleMessage(data: unknown, { fields }: StageForm): ModuleMessage | undefined {
  const { type, height, fields: answer } = Object(data) as Record<string, unknown>;
  if (type === 'ready') return { type };
  if (type === 'height' && typeof height === 'number' && Number.isFinite(height))
    return { type, height: Math.min(Math.max(Math.ceil(height), HEIGHT.min), HEIGHT.max) };
  if (type !== 'answer' || typeof answer !== 'object' || answer === null) return undefined;
  const names = new Set(fields.map(({ name }) => name));
  const entries = Object.entries(answer);
  const isValid = entries.every(([name, value]) => names.has(name) && isScalar(value));
  return isValid && JSON.stringify(entries).length <= MAX_ANSWER
    ? { type, fields: Object.fromEntries(entries) }
    : undefined;
}

const isScalar = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value);

/** Returns the message that shows a challenge to a module: only the fields of its stage, and the errors. */
export function challengeMessage(challenge: Envelope, { locale, theme }: { locale: string; theme: string }) {
  const {
    component: _c,
    flow_info: _f,
    gatehouse_form: _g,
    pending_user: _u,
    pending_user_avatar: _a,
    ...own
  } = challenge;
  const { response_errors: errors = {}, reason: _r, ...fields } = own;
  return { type: 'challenge', challenge: fields, errors, locale, theme };
}

/**
 * Returns the document of a module. Two policies apply: the page's Content-Security-Policy, which a `srcdoc` inherits,
 * and that of the document. Only a script with the hash of the module runs, and nothing is loaded.
 */
export const moduleDocument = ({ code, integrity }: NonNullable<StageForm['module']>, locale: string): string =>
  `<!doctype html><html lang="${locale}"><meta charset="utf-8"><meta http-equiv="content-security-policy" content="default-src 'none'; script-src '${integrity}'; img-src data:; base-uri 'none'"><body><script type="module">${code}</script></body></html>`;
