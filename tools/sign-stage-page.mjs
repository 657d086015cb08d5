/**
 * Signs the page module of an external stage (docs/reference/external-stage-pages.md#a-page-module).
 *
 * `npm run sign:stage-page -- KIND MODULE KEY` prints the member `module` of the descriptor's page. KEY is a file with
 * an Ed25519 private key (PEM). If there is none, it is made, and the value of STAGE_PAGE_KEYS is printed to standard
 * error.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { endWithUsage } from './usage.mjs';

const USAGE = 'usage: npm run sign:stage-page -- KIND MODULE KEY, as in x_acme_map page.js acme.pem';
const KIND = /^(x_[a-z0-9]+)_[a-z0-9_]*[a-z0-9]$/;
/** Largest number of characters that a descriptor allows. */
const MAX_CODE = 16 * 1024;

endWithUsage(USAGE, []);
const [kind = '', file, keyFile, ...more] = process.argv.slice(2);
const [, vendor] = KIND.exec(kind) ?? [];
if (!vendor || !file || !keyFile || more.length > 0) fail(USAGE);
const code = readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
if (code.length > MAX_CODE) fail(`${file} has ${code.length} characters; a page module has at most ${MAX_CODE}.`);
if (/<\/script|<!--|\r/i.test(code))
  fail(`${file} contains </script, <!-- or a carriage return. Write them as escapes.`);
if (!existsSync(keyFile)) makeKey();
const key = createPrivateKey(readFileSync(keyFile));
if (key.asymmetricKeyType !== 'ed25519') fail(`${keyFile} is no Ed25519 key.`);
const signature = sign(null, Buffer.from(`gatehouse stage page 1\n${kind}\n${code}`), key).toString('base64');
console.log(JSON.stringify({ code, signature }));
const { x } = createPublicKey(key).export({ format: 'jwk' });
console.error(`STAGE_PAGE_KEYS=${vendor}=${Buffer.from(x, 'base64url').toString('base64')}`);

function makeKey() {
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
