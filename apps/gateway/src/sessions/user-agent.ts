/** Browsers by what only they say of themselves, the one that others pretend to be last. */
const BROWSERS: readonly (readonly [family: string, pattern: RegExp])[] = [
  ['Edge', /\bEdg(?:e|A|iOS)?\/(\d+)(?:\.(\d+))?(?:\.(\d+))?/],
  ['Opera', /\bOPR\/(\d+)(?:\.(\d+))?(?:\.(\d+))?/],
  ['Firefox', /\b(?:Firefox|FxiOS)\/(\d+)(?:\.(\d+))?(?:\.(\d+))?/],
  ['Chrome', /\b(?:Chrome|CriOS)\/(\d+)(?:\.(\d+))?(?:\.(\d+))?/],
  ['Safari', /\bVersion\/(\d+)(?:\.(\d+))?(?:\.(\d+))? .*Safari\//],
  ['authentik Outpost', /^goauthentik\.io\/outpost\/(\d+)(?:\.(\d+))?(?:\.(\d+))?/],
  ['curl', /^curl\/(\d+)(?:\.(\d+))?(?:\.(\d+))?/],
];
const SYSTEMS: readonly (readonly [family: string, pattern: RegExp])[] = [
  ['iOS', /\b(?:iPhone|CPU) OS (\d+)(?:_(\d+))?(?:_(\d+))?/],
  ['Android', /\bAndroid (\d+)(?:\.(\d+))?(?:\.(\d+))?/],
  ['Windows', /\bWindows NT (\d+)(?:\.(\d+))?/],
  ['Mac OS X', /\bMac OS X (\d+)(?:[._](\d+))?(?:[._](\d+))?/],
  ['Linux', /\bLinux\b/],
];

/** A user agent in the members that the API has for it; what is not recognised is "Other". */
export function parseUserAgent(string: string) {
  return {
    device: { brand: '', family: 'Other', model: '' },
    os: { ...matchFamily(SYSTEMS, string), patch_minor: '' },
    user_agent: matchFamily(BROWSERS, string),
    string,
  };
}

function matchFamily(known: typeof BROWSERS, text: string) {
  for (const [family, pattern] of known) {
    const found = pattern.exec(text);
    if (found) return { family, major: found[1] ?? '', minor: found[2] ?? '', patch: found[3] ?? '' };
  }
  return { family: 'Other', major: '', minor: '', patch: '' };
}
