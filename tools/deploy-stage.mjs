/**
 * Gives an external stage a NATS user, without a change of a file of Gatehouse.
 *
 * `npm run deploy:stage -- KIND [FOLDER]`: makes an nkey, writes the user with the rights of this stage to
 * FOLDER/nats/users.conf, which deploy/nats/nats.conf includes, and the settings of the stage to FOLDER/KIND.env, which
 * only the owner can read. The folder is `stages` by default; then .env gets NATS_STAGES, which docker-compose.yml
 * reads.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSettings, SETTINGS_FILE } from './env-settings.mjs';
import { newSeed, publicKeyOf } from './nkeys.mjs';
import { endWithUsage } from './usage.mjs';

const USAGE = 'usage: npm run deploy:stage -- KIND [FOLDER], where KIND is x_<vendor>_<name>, as in x_acme_terms';
/** Largest number of users of external stages. deploy/nats/nats.conf has a list for each. */
const MAX_USERS = 8;
const FOLDER = 'stages';
const KIND = /^x_[a-z0-9]+_[a-z0-9_]*[a-z0-9]$/;

endWithUsage(USAGE, []);
const [kind = '', folder = FOLDER, ...more] = process.argv.slice(2);
if (!KIND.test(kind) || kind.length > 48 || more.length > 0) fail(USAGE);
const users = join(folder, 'nats', 'users.conf');
const settings = join(folder, `${kind}.env`);
mkdirSync(join(folder, 'nats'), { recursive: true });
const text = existsSync(users) ? readFileSync(users, 'utf8') : '';
if (text.includes(`"stage.${kind}.`)) fail(`${users} has a user for ${kind}. Remove its lines to make a new one.`);
const slot = freeSlot(text);
const seed = newSeed();
writeFileSync(settings, `NATS_URL=nats://nats:4222\nNATS_NKEY_SEED=${seed}\n`, { flag: 'w', mode: 0o600 });
appendFileSync(users, userOf(slot, publicKeyOf(seed)));
console.log(`${users}: user of ${kind} added\n${settings}: settings of the stage`);
if (folder === FOLDER && !readSettings(SETTINGS_FILE).some(([name]) => name === 'NATS_STAGES')) {
  const before = existsSync(SETTINGS_FILE) ? readFileSync(SETTINGS_FILE, 'utf8') : '';
  const gap = before === '' || before.endsWith('\n') ? '' : '\n';
  appendFileSync(SETTINGS_FILE, `${gap}NATS_STAGES=./${FOLDER}/nats\n`, { mode: 0o600 });
  console.log(`${SETTINGS_FILE}: NATS_STAGES added`);
}

function freeSlot(file) {
  const slots = Array.from({ length: MAX_USERS }, (_, i) => `STAGE_USER_${i + 1}`);
  const free = slots.find((name) => !file.includes(`${name}:`));
  return (
    free ?? fail(`${users} has ${MAX_USERS} users. Let one user serve several stages: add the subjects to its list.`)
  );
}

/** Returns the lines of a NATS user who serves one stage: three subjects in one queue group, and a reply to each request. */
function userOf(name, nkey) {
  const subjects = ['challenge', 'respond', 'describe'].map((verb) => `"stage.${kind}.${verb} ${kind}"`).join(', ');
  return `${name}: {
  nkey: ${nkey}
  permissions: {
    publish: { deny: ">" }
    subscribe: [${subjects}]
    allow_responses: { max: 1, expires: "30s" }
  }
}
`;
}

function fail(message) {
  console.error(`deploy:stage: ${message}`);
  process.exit(1);
}
