import { existsSync } from 'node:fs';

/**
 * Paths in which distributions install Chromium. The headless shell is the same engine without the interface of a
 * browser: a new page takes a sixth of the CPU time.
 */
const PATHS = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/** Returns the path in `CHROMIUM`, else the path of an installed Chromium, else `undefined`. */
export const findChromium = (): string | undefined =>
  [process.env['CHROMIUM'] ?? '', ...PATHS].find((path) => path !== '' && existsSync(path));

/** Arguments of Chromium. Root cannot use the sandbox, and background requests would disturb tests. */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
