/**
 * `npm run deploy:env [-- FILE]`: adds to FILE (`.env`) the settings of .env.example that FILE lacks. A setting that is
 * empty in .env.example is a secret and gets a random value. Settings that FILE has already stay as they are. Only the
 * owner of FILE can read it.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = process.argv[2] ?? '.env';
const had = existsSync(file) ? readFileSync(file, 'utf8') : '';
const known = new Set(settingsOf(had).map(([name]) => name));
const missing = settingsOf(readFileSync(fileURLToPath(new URL('../.env.example', import.meta.url)), 'utf8'))
  .filter(([name]) => !known.has(name))
  .map(([name, value]) => `${name}=${value === '' ? drawn(name) : value}\n`);

const gap = had === '' || had.endsWith('\n') ? '' : '\n';
writeFileSync(file, gap + missing.join(''), { flag: 'a', mode: 0o600 });
console.log(missing.length > 0 ? `${file}: ${missing.length} settings added` : `${file}: nothing is missing`);

function settingsOf(text) {
  return [...text.matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, name, value]) => [name, value.trim()]);
}

/**
 * Returns a random secret. NATS would read a value that begins with a digit as a number, so no password begins with a
 * digit.
 */
function drawn(name) {
  return name.endsWith('SEAL_KEYS')
    ? `k1:${randomBytes(32).toString('base64')}`
    : `s${randomBytes(24).toString('hex')}`;
}
