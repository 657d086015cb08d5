import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { lintSource } from '@secretlint/core';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';

/** The comment that marks a line whose secret is made up, such as a fixture of a test. */
const MARK = 'not-a-secret';

/** Files that cannot contain the mark, with the reason why they contain no secret. */
const MADE_UP = new Map([
  ['libs/stages/src/mfa/webauthn/recorded-ceremonies.json', 'public keys and ids of a virtual authenticator'],
  ['package-lock.json', 'digests of packages'],
]);

/** Matches a literal that is assigned to a name such as `token` or `password`. */
const ASSIGNMENT =
  /\b\w*(?:secret|token|passw(?:or)?d|passphrase|api_?key|private_?key|access_?key|seal_?key|session_?key|credential|salt)\w*["'`]?\s*[:=]+\s*["'`]?([A-Za-z0-9+/_=-]{20,})/gi;
/** Smallest entropy of a secret in bits per character. Words, paths and names have less. */
const MIN_ENTROPY = 4;

const RULES = [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator }];

/** Returns a message for each probable secret in the files below the current folder that Git does not ignore. */
export async function findSecrets() {
  const faults = [];
  for (const path of filesIn('.', ignoredNames())) {
    const content = readFileSync(path, 'utf8');
    if (content.includes('\0')) continue;
    const lines = content.split('\n');
    const found = [...(await knownForms(path, content)), ...(MADE_UP.has(path) ? [] : randomValues(content))];
    for (const { line, what } of found)
      if (!lines[line - 1].includes(MARK))
        faults.push(
          `${path}:${line}: ${what}. Remove and revoke it; end the line with a comment ${MARK} if it is made up.`,
        );
  }
  return faults;
}

/** Finds secrets by their form: private keys, and the tokens and URLs of common services. */
async function knownForms(path, content) {
  const { messages } = await lintSource({
    source: { filePath: path, content, contentType: 'text', ext: extname(path) },
    options: { noPhysicFilePath: true, maskSecrets: true, config: { rules: RULES } },
  });
  return messages.map(({ loc, message }) => ({ line: loc.start.line, what: message }));
}

/** Finds secrets by the names that they are assigned to, and by their entropy. */
function randomValues(content) {
  return [...content.matchAll(ASSIGNMENT)]
    .filter(([, value]) => /\d/.test(value) && entropy(value) >= MIN_ENTROPY)
    .map((match) => ({ line: content.slice(0, match.index).split('\n').length, what: 'found a random value' }));
}

/** Returns the Shannon entropy of a text in bits per character. */
function entropy(text) {
  const counts = new Map();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / text.length) * Math.log2(count / text.length), 0);
}

/** Returns the names in .gitignore, without patterns. */
function ignoredNames() {
  const lines = existsSync('.gitignore') ? readFileSync('.gitignore', 'utf8').split('\n') : [];
  return new Set([
    '.git',
    ...lines.filter((line) => line !== '' && !line.includes('*')).map((line) => line.replace('/', '')),
  ]);
}

function filesIn(folder, ignored) {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !ignored.has(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesIn(path, ignored);
      return entry.isFile() ? [path] : [];
    });
}
