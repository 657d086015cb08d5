/**
 * User agent patterns of browsers. The first match counts, so a browser comes before the browsers whose names its user
 * agent also contains.
 */
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

/** Parses a user agent into the fields of the API. Unknown parts are "Other". */
export function parseUserAgent(string: string) {
  return {
    device: { brand: '', family: 'Other', model: '' },
    os: { ...matchFamily(SYSTEMS, string), patch_minor: '' },
    user_agent: matchFamily(BROWSERS, string),
    string,
  };
}

/**
 * Returns the names of the browser and the operating system without versions, such as `Firefox on Linux`. Millions of
 * devices have the same name.
 */
export function deviceName(userAgent: string): string {
  return `${matchFamily(BROWSERS, userAgent).family} on ${matchFamily(SYSTEMS, userAgent).family}`;
}

/** Returns the kind of device that a user agent names: `mobile`, `tablet`, `desktop`, or `other`. */
export function deviceKind(userAgent: string): 'mobile' | 'tablet' | 'desktop' | 'other' {
  if (/\biPad\b|\bTablet\b|\bAndroid\b(?!.*\bMobile\b)/.test(userAgent)) return 'tablet';
  if (/\biPhone\b|\bMobile\b/.test(userAgent)) return 'mobile';
  return /\bWindows NT\b|\bMacintosh\b|\bX11\b|\bCrOS\b/.test(userAgent) ? 'desktop' : 'other';
}

function matchFamily(patterns: typeof BROWSERS, text: string) {
  for (const [family, pattern] of patterns) {
    const match = pattern.exec(text);
    if (match) return { family, major: match[1] ?? '', minor: match[2] ?? '', patch: match[3] ?? '' };
  }
  return { family: 'Other', major: '', minor: '', patch: '' };
}
