import type { Challenge, ExternalOrigins, FlowPageData } from '../page.js';
import { framedUrlsOf } from '../ui/background.js';
import type { Envelope } from './envelope.js';

/** No external origins. */
export const NO_ORIGINS: ExternalOrigins = { scripts: [], connects: [], forms: [], frames: [], hashes: [] };

const SELF = "'self'";

/** The built-in captcha is served by this site and starts a worker of this site. */
const OWN_SCRIPTS = [SELF];

/** Origins that a captcha script loads files from and connects to, by the host of the script. */
const CAPTCHA_ORIGINS: Readonly<Record<string, readonly string[]>> = {
  'www.recaptcha.net': ['https://www.recaptcha.net', 'https://www.gstatic.com'],
  'www.google.com': ['https://www.google.com', 'https://www.gstatic.com'],
  'js.hcaptcha.com': ['https://hcaptcha.com', 'https://*.hcaptcha.com'],
};

const ORIGINS_BY_COMPONENT: Readonly<Record<string, (challenge: Challenge) => ExternalOrigins>> = {
  'ak-stage-captcha': ({ js_url }) => ({ ...NO_ORIGINS, scripts: captchaOrigins(js_url) }),
  'ak-stage-autosubmit': ({ url }) => ({ ...NO_ORIGINS, forms: originsOf(url) }),
  'ak-provider-iframe-logout': ({ logout_urls: urls }) => ({ ...NO_ORIGINS, frames: logoutOrigins(urls) }),
  'ak-source-plex': () => ({ ...NO_ORIGINS, connects: ['https://plex.tv'] }),
  'ak-stage-identification': ({ sources, captcha_stage: captcha }) =>
    [...(Array.isArray(sources) ? sources.map(({ challenge }) => challenge) : []), ...(captcha ? [captcha] : [])]
      .map((inner) => externalOriginsOf(inner as Challenge))
      .reduce(merged, NO_ORIGINS),
};

/** Returns the origins that a challenge needs in the page's Content-Security-Policy. */
export function externalOriginsOf(challenge: Challenge): ExternalOrigins {
  const own = ORIGINS_BY_COMPONENT[challenge.component]?.(challenge) ?? moduleOrigins(challenge);
  return { ...own, frames: [...own.frames, ...frameOrigins(challenge)] };
}

/** Returns the origins of the addresses that log the visitor out of applications. */
const logoutOrigins = (urls: unknown): readonly string[] =>
  Array.isArray(urls) ? [...new Set(urls.flatMap((entry) => originsOf((Object(entry) as { url?: unknown }).url)))] : [];

/** Returns the origins of the page that the layout of the flow shows in a frame. */
function frameOrigins(challenge: Challenge): readonly string[] {
  const { light, dark } = framedUrlsOf((challenge as Envelope).flow_info) ?? {};
  return [...new Set([light, dark].flatMap((url) => (url?.startsWith('/') ? [SELF] : originsOf(url))))];
}

const HASH = /^sha256-[A-Za-z0-9+/]{43}=$/;

/** Returns the hash of the page module of an external stage. */
function moduleOrigins({ gatehouse_form: form }: Challenge): ExternalOrigins {
  const { integrity } = Object(Object(form).module) as Record<string, unknown>;
  return typeof integrity === 'string' && HASH.test(integrity)
    ? { ...NO_ORIGINS, hashes: [`'${integrity}'`] }
    : NO_ORIGINS;
}

/**
 * Returns the origins of a flow page. A preview allows the only captcha that it has, and nothing else, on every step.
 * Other pages reload to get a wider policy, but a reload would restart the run of a preview.
 */
export const pageOriginsOf = ({ challenge, preview }: Pick<FlowPageData, 'challenge' | 'preview'>): ExternalOrigins =>
  preview ? { ...NO_ORIGINS, scripts: OWN_SCRIPTS, frames: frameOrigins(challenge) } : externalOriginsOf(challenge);

/** Returns whether `outer` allows every origin of `inner`. */
export const isAllowedBy = (inner: ExternalOrigins, outer: ExternalOrigins): boolean =>
  (['scripts', 'connects', 'forms', 'frames', 'hashes'] as const).every((kind) =>
    inner[kind].every((origin) => outer[kind].includes(origin)),
  );

const merged = (a: ExternalOrigins, b: ExternalOrigins): ExternalOrigins => ({
  scripts: [...a.scripts, ...b.scripts],
  connects: [...a.connects, ...b.connects],
  forms: [...a.forms, ...b.forms],
  frames: [...a.frames, ...b.frames],
  hashes: [...a.hashes, ...b.hashes],
});

function captchaOrigins(script: unknown): readonly string[] {
  if (typeof script === 'string' && /^\/(?!\/)/.test(script)) return OWN_SCRIPTS;
  const [origin] = originsOf(script);
  return origin === undefined ? [] : (CAPTCHA_ORIGINS[new URL(origin).host] ?? [origin]);
}

/**
 * Matches a single host of a Content-Security-Policy: no wildcard, and no character that ends a directive or a policy.
 */
const HOST = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])$/;

/**
 * Returns the origin of an http(s) URL. Returns none for other schemes, which would allow too much in a
 * Content-Security-Policy. Also returns none for hosts with `*`, which is a wildcard there, or with `;`, which would
 * inject a directive.
 */
function originsOf(address: unknown): readonly string[] {
  if (typeof address !== 'string' || !URL.canParse(address)) return [];
  const { protocol, hostname, origin } = new URL(address);
  return (protocol === 'https:' || protocol === 'http:') && HOST.test(hostname) ? [origin] : [];
}
