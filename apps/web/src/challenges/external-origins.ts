import type { Challenge, ExternalOrigins } from '../page.js';

/** No other origin. */
export const NO_ORIGINS: ExternalOrigins = { scripts: [], connects: [], forms: [] };

/** Providers of puzzles load more than the script that is named: by the host of that, what else. */
const PUZZLES: Readonly<Record<string, readonly string[]>> = {
  'www.recaptcha.net': ['https://www.recaptcha.net', 'https://www.gstatic.com'],
  'www.google.com': ['https://www.google.com', 'https://www.gstatic.com'],
  'js.hcaptcha.com': ['https://hcaptcha.com', 'https://*.hcaptcha.com'],
};

const REACHES: Readonly<Record<string, (challenge: Challenge) => ExternalOrigins>> = {
  'ak-stage-captcha': ({ js_url }) => ({ ...NO_ORIGINS, scripts: puzzleOrigins(js_url) }),
  'ak-stage-autosubmit': ({ url }) => ({ ...NO_ORIGINS, forms: originsOf(url) }),
  'ak-source-plex': () => ({ ...NO_ORIGINS, connects: ['https://plex.tv'] }),
  'ak-stage-identification': ({ sources, captcha_stage: captcha }) =>
    [...(Array.isArray(sources) ? sources.map(({ challenge }) => challenge) : []), ...(captcha ? [captcha] : [])]
      .map((inner) => externalOriginsOf(inner as Challenge))
      .reduce(both, NO_ORIGINS),
};

/** The origins that a challenge needs to be drawn and answered. */
export const externalOriginsOf = (challenge: Challenge): ExternalOrigins =>
  REACHES[challenge.component]?.(challenge) ?? NO_ORIGINS;

/** Whether what `inner` needs is allowed by what `outer` has. */
export const isAllowedBy = (inner: ExternalOrigins, outer: ExternalOrigins): boolean =>
  (['scripts', 'connects', 'forms'] as const).every((kind) =>
    inner[kind].every((origin) => outer[kind].includes(origin)),
  );

const both = (one: ExternalOrigins, other: ExternalOrigins): ExternalOrigins => ({
  scripts: [...one.scripts, ...other.scripts],
  connects: [...one.connects, ...other.connects],
  forms: [...one.forms, ...other.forms],
});

function puzzleOrigins(script: unknown): readonly string[] {
  // A script of this site runs a worker of this site.
  if (typeof script === 'string' && /^\/(?!\/)/.test(script)) return ["'self'"];
  const [origin] = originsOf(script);
  return origin === undefined ? [] : (PUZZLES[new URL(origin).host] ?? [origin]);
}

/** The origin of an address of the web; none for any other, which would allow too much. */
function originsOf(address: unknown): readonly string[] {
  if (typeof address !== 'string' || !URL.canParse(address)) return [];
  const { protocol, origin } = new URL(address);
  return protocol === 'https:' || protocol === 'http:' ? [origin] : [];
}
