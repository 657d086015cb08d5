import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ESTree, Visitor } from 'rolldown/utils';
import { describe, expect, it } from 'vitest';
import { parsedFile } from '../support/parsed-file.js';

type Node = ESTree.Argument | ESTree.PrivateIdentifier | ESTree.AssignmentTarget | ESTree.Super;

/**
 * Names of values that an attacker could guess from the duration of a comparison. Excludes `key` alone, which names
 * fields of objects too.
 */
const SECRET =
  /(derive|secret|token|csrf|password|passphrase|digest|hash|hmac|mac|signature|code|otp|pin|nonce|verifier|(session|api|access|private|signing|seal|recovery|encryption)_?key)(Of)?$/i;
const COMPARISONS: ReadonlySet<string> = new Set(['==', '===', '!=', '!==']);

/** Functions and methods that stop at the first difference. */
const COMPARING =
  /^(equals|compare|localeCompare|startsWith|endsWith|includes|indexOf|lastIndexOf|isDeepStrictEqual|deepEqual)$/;

const SECRET_WORD = new RegExp(SECRET.source.replace(/\$$/, '\\b'), 'i');
const COMPARISON_WORD = new RegExp(`[!=]=|switch|${COMPARING.source.replaceAll(/^\^|\$$/g, '\\b')}`);

/** Whether a file may compare a secret. Most files need not be parsed. */
const mayCompare = (text: string) => SECRET_WORD.test(text) && COMPARISON_WORD.test(text);

/** Methods whose result is still the secret or a part of it. */
const WRITTEN_OTHERWISE = /^(toString|trim|toLowerCase|toUpperCase|slice|subarray|normalize|replaceAll|padStart|at)$/;

/** Functions whose result is their first argument in another form. */
const CONVERTING = /^(Buffer\.from|String|Uint8Array\.from|encodeURIComponent|decodeURIComponent)$/;

/** Returns the last name of `a.b.c`, `a.b.c!`, `a['c']`, `c ?? d`, `await c(…)` or `Buffer.from(c)`. */
function nameOf(node: Node): string {
  switch (node.type) {
    case 'Identifier':
    case 'PrivateIdentifier':
      return node.name;
    case 'Literal':
      return typeof node.value === 'string' ? node.value : '';
    case 'MemberExpression':
      return nameOf(node.property);
    case 'CallExpression':
      return nameOfCall(node);
    default:
      return nameInside(node);
  }
}

/** Returns the name of the operand whose value an expression has. */
function nameInside(node: Node): string {
  switch (node.type) {
    case 'ChainExpression':
    case 'ParenthesizedExpression':
    case 'TSAsExpression':
    case 'TSNonNullExpression':
      return nameOf(node.expression);
    case 'AwaitExpression':
      return nameOf(node.argument);
    case 'AssignmentExpression':
    case 'BinaryExpression':
    case 'LogicalExpression':
      return nameOf(node.left);
    default:
      return '';
  }
}

function nameOfCall({ callee, arguments: [argument] }: ESTree.CallExpression): string {
  if (callee.type !== 'MemberExpression')
    return nameOf(argument && CONVERTING.test(nameOf(callee)) ? argument : callee);
  const name = nameOf(callee.property);
  if (argument && CONVERTING.test(`${nameOf(callee.object)}.${name}`)) return nameOf(argument);
  return !callee.computed && WRITTEN_OTHERWISE.test(name) ? nameOf(callee.object) : name;
}

/** Whether an expression is a literal or a constant, which is never a secret. */
const isPlain = (node: Node) =>
  node.type === 'Literal' ||
  (node.type === 'TemplateLiteral' && node.expressions.length === 0) ||
  (node.type === 'UnaryExpression' && node.operator === 'typeof') ||
  /^(undefined|[A-Z][A-Z_]*)$/.test(nameOf(node));

/** Returns the operands of a call that compares them in a time that depends on their values. */
function comparedBy({ callee, arguments: values }: ESTree.CallExpression): readonly Node[] {
  if (!COMPARING.test(nameOf(callee))) return [];
  return callee.type === 'MemberExpression' && !callee.computed ? [callee.object, ...values] : values;
}

/** Returns the comparisons of secrets in a file that are not constant-time. */
function unsafeComparisons(path: string, text: string): string[] {
  const found: string[] = [];
  const check = ({ start, end }: ESTree.Span, compared: readonly Node[]) => {
    if (!compared.some(isPlain) && compared.some((side) => SECRET.test(nameOf(side))))
      found.push(`${path}: ${text.slice(start, end)}`);
  };
  new Visitor({
    BinaryExpression: (node) => COMPARISONS.has(node.operator) && check(node, [node.left, node.right]),
    SwitchStatement: (node) => check(node, [node.discriminant]),
    CallExpression: (node) => check(node, comparedBy(node)),
  }).visit(parsedFile(path, text));
  return found;
}

const sources = ['apps', 'libs']
  .flatMap((folder) => readdirSync(folder, { recursive: true }).map((path) => join(folder, String(path))))
  .filter((path) => /\/src\/.*\.ts$/.test(path) && !/\.spec\.ts$|\/testing\.ts$/.test(path));

describe('secrets', () => {
  it('are compared in constant time everywhere (accident 12)', () => {
    const texts = sources.map((path) => [path, readFileSync(path, 'utf8')] as const);
    expect(texts.flatMap(([path, text]) => (mayCompare(text) ? unsafeComparisons(path, text) : []))).toEqual([]);
  });

  it.each([
    'token !== a.csrfToken',
    'hash.equals(b)',
    'x.digest().toString() === y',
    'key.startsWith(secret)',
    'sent.code == typed',
    "row['api_key'] !== key",
    '(stored.nonce ?? "") === nonce',
    'Buffer.from(signature).equals(other)',
    'Buffer.compare(a, tokenHash) === 0',
    'known.includes(recoveryCode)',
    'known.indexOf(session_key) >= 0',
    'isDeepStrictEqual(digest, other)',
    '(await hashOf(a)) === b',
    '(await derive(typed, salt)).equals(key)',
    'switch (token) { case other: }',
  ])('are found by this test when their comparison is not constant-time: %s', (text) => {
    expect(mayCompare(text)).toBe(true);
    expect(unsafeComparisons('x.ts', text)).toHaveLength(1);
  });

  it.each(["token === ''", 'hash === undefined', 'typeof secret === "string"', 'code !== REFUSED', 'key === field'])(
    'are not suspected in a comparison with a constant, or by a name that is no secret: %s',
    (text) => {
      expect(unsafeComparisons('x.ts', text)).toEqual([]);
    },
  );
});
