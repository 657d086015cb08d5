/**
 * `npm run deploy:env [-- FILE]`: adds to FILE (`.env`) the settings of .env.example that FILE lacks. A setting that is
 * empty in .env.example is a secret and gets a random value; the public nkey of a NATS user is derived from its seed.
 * Settings that FILE has already stay as they are. Only the owner of FILE can read it.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { newSeed, publicKeyOf } from './nkeys.mjs';

const file = process.argv[2] ?? '.env';
const had = existsSync(file) ? readFileSync(file, 'utf8') : '';
const known = new Map(settingsOf(had));
const missing = [];
for (const [name, value] of settingsOf(
  readFileSync(fileURLToPath(new URL('../.env.example', import.meta.url)), 'utf8'),
)) {
  if (known.has(name)) continue;
  known.set(name, value === '' ? drawn(name) : value);
  missing.push(`${name}=${known.get(name)}\n`);
}

const gap = had === '' || had.endsWith('\n') ? '' : '\n';
writeFileSync(file, gap + missing.join(''), { flag: 'a', mode: 0o600 });
console.log(missing.length > 0 ? `${file}: ${missing.length} settings added` : `${file}: nothing is missing`);

function settingsOf(text) {
  return [...text.matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, name, value]) => [name, value.trim()]);
}

/** Returns a new value for a setting: a random secret, a seed, or the public key of a seed that FILE has or gets. */
function drawn(name) {
  if (name.startsWith('NATS_NKEY_SEED_')) return newSeed();
  if (name.startsWith('NATS_NKEY_')) return publicKeyOfSetting(name.replace('NATS_NKEY_', 'NATS_NKEY_SEED_'));
  return name.endsWith('SEAL_KEYS')
    ? `k1:${randomBytes(32).toString('base64')}`
    : `s${randomBytes(24).toString('hex')}`;
}

/** Returns the public key of a seed. Ends the process when the setting has no valid seed. */
function publicKeyOfSetting(name) {
  try {
    return publicKeyOf(known.get(name));
  } catch (error) {
    console.error(`${file}: ${name} is ${error.message}. Remove the line, and this command makes a new one.`);
    process.exit(1);
  }
}
