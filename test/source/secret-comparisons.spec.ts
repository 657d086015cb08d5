import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/** Names of values that an attacker could guess by the time of a comparison. */
const SECRET = /(secret|token|csrf|password|passphrase|digest|hash|hmac|signature)$/i;
const COMPARISONS: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
]);
const METHODS = /^(equals|compare|localeCompare|startsWith|endsWith)$/;

/** Methods whose result is still the secret or a part of it. */
const WRITTEN_OTHERWISE = /^(toString|trim|toLowerCase|slice|subarray|normalize)$/;

/** Returns the last name of `a.b.c`, `a.b.c!` or `c(…)`. */
function nameOf(node: ts.Expression): string {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isNonNullExpression(node) || ts.isParenthesizedExpression(node)) return nameOf(node.expression);
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  if (!ts.isCallExpression(node)) return '';
  const called = node.expression;
  const same = ts.isPropertyAccessExpression(called) && WRITTEN_OTHERWISE.test(called.name.text);
  return nameOf(same ? called.expression : called);
}

/** Whether an expression is a literal or a constant, which is never a secret. */
const isPlain = (node: ts.Expression) =>
  ts.isLiteralExpression(node) ||
  ts.isTypeOfExpression(node) ||
  node.kind === ts.SyntaxKind.NullKeyword ||
  /^(undefined|[A-Z_]+)$/.test(nameOf(node));

function comparedIn(node: ts.Node): ts.Expression[] {
  if (ts.isBinaryExpression(node) && COMPARISONS.has(node.operatorToken.kind)) return [node.left, node.right];
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return [];
  return METHODS.test(node.expression.name.text) ? [node.expression.expression, ...node.arguments] : [];
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

  it.each(['token !== a.csrfToken', 'hash.equals(b)', 'x.digest().toString() === y', 'key.startsWith(secret)'])(
    'are found by this test when their comparison is not constant-time: %s',
    (text) => {
      expect(unsafeComparisons('x.ts', text)).toHaveLength(1);
    },
  );
});
