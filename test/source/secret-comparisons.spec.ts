import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/**
 * Names of values that an attacker could guess from the duration of a comparison. Excludes `key` alone, which names
 * fields of objects too.
 */
const SECRET =
  /(derive|secret|token|csrf|password|passphrase|digest|hash|hmac|mac|signature|code|otp|pin|nonce|verifier|(session|api|access|private|signing|seal|recovery|encryption)_?key)(Of)?$/i;
const COMPARISONS: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
]);

/** Functions and methods that stop at the first difference. */
const COMPARING =
  /^(equals|compare|localeCompare|startsWith|endsWith|includes|indexOf|lastIndexOf|isDeepStrictEqual|deepEqual)$/;

/** Methods whose result is still the secret or a part of it. */
const WRITTEN_OTHERWISE = /^(toString|trim|toLowerCase|toUpperCase|slice|subarray|normalize|replaceAll|padStart|at)$/;

/** Functions whose result is their first argument in another form. */
const CONVERTING = /^(Buffer\.from|String|Uint8Array\.from|encodeURIComponent|decodeURIComponent)$/;

/** Returns the last name of `a.b.c`, `a.b.c!`, `a['c']`, `c ?? d`, `await c(…)` or `Buffer.from(c)`. */
function nameOf(node: ts.Node): string {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isNonNullExpression(node) || ts.isParenthesizedExpression(node)) return nameOf(node.expression);
  if (ts.isAsExpression(node) || ts.isAwaitExpression(node)) return nameOf(node.expression);
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  if (ts.isElementAccessExpression(node)) return nameOf(node.argumentExpression);
  if (ts.isStringLiteral(node)) return node.text;
  if (ts.isBinaryExpression(node)) return nameOf(node.left);
  return ts.isCallExpression(node) ? nameOfCall(node) : '';
}

function nameOfCall({ expression: called, arguments: [argument] }: ts.CallExpression): string {
  if (argument && CONVERTING.test(called.getText())) return nameOf(argument);
  const same = ts.isPropertyAccessExpression(called) && WRITTEN_OTHERWISE.test(called.name.text);
  return nameOf(same ? called.expression : called);
}

const CONSTANT_KEYWORDS: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.NullKeyword,
  ts.SyntaxKind.TrueKeyword,
  ts.SyntaxKind.FalseKeyword,
]);

/** Whether an expression is a literal or a constant, which is never a secret. */
const isPlain = (node: ts.Expression) =>
  ts.isLiteralExpression(node) ||
  ts.isTypeOfExpression(node) ||
  CONSTANT_KEYWORDS.has(node.kind) ||
  /^(undefined|[A-Z][A-Z_]*)$/.test(nameOf(node));

/** Returns the operands that an expression or a statement compares in a time that depends on their values. */
function comparedIn(node: ts.Node): readonly ts.Expression[] {
  if (ts.isBinaryExpression(node) && COMPARISONS.has(node.operatorToken.kind)) return [node.left, node.right];
  if (ts.isSwitchStatement(node)) return [node.expression];
  if (!ts.isCallExpression(node) || !COMPARING.test(nameOf(node.expression))) return [];
  const called = node.expression;
  return ts.isPropertyAccessExpression(called) ? [called.expression, ...node.arguments] : node.arguments;
}

/** Returns the comparisons of secrets in a file that are not constant-time. */
function unsafeComparisons(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node) => {
    const compared = comparedIn(node);
    if (!compared.some(isPlain) && compared.some((side) => SECRET.test(nameOf(side))))
      found.push(`${path}: ${node.getText()}`);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

const sources = ['apps', 'libs']
  .flatMap((folder) => readdirSync(folder, { recursive: true }).map((path) => join(folder, String(path))))
  .filter((path) => /\/src\/.*\.ts$/.test(path) && !/\.spec\.ts$|\/testing\.ts$/.test(path));

describe('secrets', () => {
  it('are compared in constant time everywhere (accident 12)', () => {
    expect(sources.flatMap((path) => unsafeComparisons(path, readFileSync(path, 'utf8')))).toEqual([]);
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
    expect(unsafeComparisons('x.ts', text)).toHaveLength(1);
  });

  it.each(["token === ''", 'hash === undefined', 'typeof secret === "string"', 'code !== REFUSED', 'key === field'])(
    'are not suspected in a comparison with a constant, or by a name that is no secret: %s',
    (text) => {
      expect(unsafeComparisons('x.ts', text)).toEqual([]);
    },
  );
});
