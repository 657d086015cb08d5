/**
 * Adds the settings of .env.example that are not set yet. A setting that is empty there is a secret and gets a random
 * value; the public nkey of a NATS user is derived from its seed. Existing settings stay as they are. Only the owner
 * can read new files, and files to which secrets are added.
 *
 * `npm run deploy:env`: for docker-compose.yml. Adds secrets to secrets.env and all else to .env. Moves secrets out of
 * .env, which every container gets.
 * `npm run deploy:env -- FILE`: adds everything to FILE, for a Secret of Kubernetes.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isSecret, readSettings, SECRETS_FILE, SETTINGS_FILE } from './env-settings.mjs';
import { newSeed, publicKeyOf } from './nkeys.mjs';
import { endWithUsage } from './usage.mjs';

const USAGE = `usage: npm run deploy:env           adds the missing settings to ${SETTINGS_FILE}, and the secrets to ${SECRETS_FILE}
       npm run deploy:env -- FILE   adds all missing settings to FILE, for a Secret of Kubernetes`;

endWithUsage(USAGE, []);
const [file, ...more] = process.argv.slice(2);
if (more.length > 0) {
  console.error(USAGE);
  process.exit(1);
}
if (file === undefined) moveSecrets();
const files = file === undefined ? [SETTINGS_FILE, SECRETS_FILE] : [file];
const known = new Map(files.flatMap(readSettings));
const missing = new Map(files.map((path) => [path, []]));
for (const [name, value] of readSettings(fileURLToPath(new URL('../.env.example', import.meta.url)))) {
  if (known.has(name)) continue;
  known.set(name, value === '' ? drawn(name) : value);
  missing.get(fileOf(name)).push(`${name}=${known.get(name)}\n`);
}
for (const [path, lines] of missing) {
  append(path, lines);
  console.log(lines.length > 0 ? `${path}: ${lines.length} settings added` : `${path}: nothing is missing`);
}

function fileOf(name) {
  return file ?? (isSecret(name) ? SECRETS_FILE : SETTINGS_FILE);
}

/**
 * Moves the lines of secrets from .env to secrets.env. Ends the process if secrets.env has another value for such a
 * secret.
 */
function moveSecrets() {
  const stored = new Map(readSettings(SECRETS_FILE));
  const other = readSettings(SETTINGS_FILE).find(
    ([name, value]) => isSecret(name) && stored.has(name) && stored.get(name) !== value,
  );
  if (other !== undefined) {
    console.error(`${SETTINGS_FILE} and ${SECRETS_FILE} have different values of ${other[0]}. Remove the wrong line.`);
    process.exit(1);
  }
  const lines = existsSync(SETTINGS_FILE) ? readFileSync(SETTINGS_FILE, 'utf8').split(/(?<=\n)/) : [];
  const isMoved = (line) => isSecret(line.split('=', 1)[0]);
  if (!lines.some(isMoved)) return;
  append(SECRETS_FILE, lines.filter(isMoved));
  writeFileSync(SETTINGS_FILE, lines.filter((line) => !isMoved(line)).join(''));
}

function append(path, lines) {
  const had = existsSync(path) ? readFileSync(path, 'utf8') : '';
  // Must precede the write, because `mode` has an effect only on a new file.
  if (existsSync(path) && lines.some((line) => isSecret(line.split('=', 1)[0]))) chmodSync(path, 0o600);
  const gap = lines.length === 0 || had === '' || had.endsWith('\n') ? '' : '\n';
  writeFileSync(path, gap + lines.join(''), { flag: 'a', mode: 0o600 });
}

/** Returns a new value for a setting: a random secret, a new seed, or the public key of a seed that is set already. */
function drawn(name) {
  if (name.startsWith('NATS_NKEY_SEED_')) return newSeed();
  if (name.startsWith('NATS_NKEY_')) return publicKeyOfSetting(name.replace('NATS_NKEY_', 'NATS_NKEY_SEED_'));
  if (name === 'JWT_SIGNING_KEYS') return `k1:${newSigningKey()}`;
  return name.endsWith('SEAL_KEYS')
    ? `k1:${randomBytes(32).toString('base64')}`
    : `s${randomBytes(24).toString('hex')}`;
}

/** Returns a new P-256 private key in PKCS #8 (DER), in base64. */
function newSigningKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
}

/** Returns the public key of a seed. Ends the process when the setting has no valid seed. */
function publicKeyOfSetting(name) {
  try {
    return publicKeyOf(known.get(name));
  } catch (error) {
    console.error(`${fileOf(name)}: ${name} is ${error.message}. Remove the line, and this command makes a new one.`);
    process.exit(1);
  }
}
