import type { Challenge, Reach } from '../page.js';

/** No other origin. */
export const NOTHING: Reach = { scripts: [], connects: [], forms: [] };

/** Providers of puzzles load more than the script that is named: by the host of that, what else. */
const PUZZLES: Readonly<Record<string, readonly string[]>> = {
  'www.recaptcha.net': ['https://www.recaptcha.net', 'https://www.gstatic.com'],
  'www.google.com': ['https://www.google.com', 'https://www.gstatic.com'],
  'js.hcaptcha.com': ['https://hcaptcha.com', 'https://*.hcaptcha.com'],
};

const REACHES: Readonly<Record<string, (challenge: Challenge) => Reach>> = {
  'ak-stage-captcha': ({ js_url }) => ({ ...NOTHING, scripts: puzzleOrigins(js_url) }),
  'ak-stage-autosubmit': ({ url }) => ({ ...NOTHING, forms: originsOf(url) }),
  'ak-source-plex': () => ({ ...NOTHING, connects: ['https://plex.tv'] }),
  'ak-stage-identification': ({ sources, captcha_stage: captcha }) =>
    [...(Array.isArray(sources) ? sources.map(({ challenge }) => challenge) : []), ...(captcha ? [captcha] : [])]
      .map((inner) => reachOf(inner as Challenge))
      .reduce(both, NOTHING),
};

/** The origins that a challenge needs to be drawn and answered. */
export const reachOf = (challenge: Challenge): Reach => REACHES[challenge.component]?.(challenge) ?? NOTHING;

/** Whether what `inner` needs is allowed by what `outer` has. */
export const isWithin = (inner: Reach, outer: Reach): boolean =>
  (['scripts', 'connects', 'forms'] as const).every((kind) =>
    inner[kind].every((origin) => outer[kind].includes(origin)),
  );

const both = (one: Reach, other: Reach): Reach => ({
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
