import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fieldMessages, problems } from '@gatehouse/contracts';
import { stages } from '@gatehouse/stages';
import ts from 'typescript';

/** A text that the code says, and where. */
export interface TranslatableText {
  /** Undefined where the call is given something else than a text. */
  readonly text: string | undefined;
  readonly place: string;
}

/** The calls by which texts are said. */
const SAYING: ReadonlySet<string> = new Set(['t', 'sentence']);

/** Every text that the source files under a folder say. */
export const textsIn = (folder: string): TranslatableText[] => sourcesUnder(folder).flatMap(saidIn);

/** What contracts, fields and problems say. */
export const declared = (): string[] => [
  ...Object.values(fieldMessages).map(({ string }) => string),
  ...Object.values(problems).map(({ detail }) => detail),
  ...Object.values(stages).flatMap(({ contract }) => [
    ...Object.values(contract.errors).map(({ string }) => string),
    ...Object.values(contract.texts).flat(),
  ]),
];

const sourcesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !/\.(spec|d)\.tsx?$/.test(file))
    .map((file) => join(folder, file));

function saidIn(file: string): TranslatableText[] {
  const text = readFileSync(file, 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const found: TranslatableText[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isCallExpression(node) && SAYING.has(calledIn(node))) found.push(...saidBy(node.arguments[0], file));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const calledIn = ({ expression }: ts.CallExpression): string => {
  if (ts.isIdentifier(expression)) return expression.text;
  return ts.isPropertyAccessExpression(expression) ? expression.name.text : '';
};

function saidBy(argument: ts.Expression | undefined, place: string): TranslatableText[] {
  if (argument && ts.isStringLiteralLike(argument)) return [{ text: argument.text, place }];
  if (argument && ts.isConditionalExpression(argument))
    return [...saidBy(argument.whenTrue, place), ...saidBy(argument.whenFalse, place)];
  return [{ text: undefined, place }];
}
