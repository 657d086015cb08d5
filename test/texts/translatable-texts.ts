import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fieldMessages, problems } from '@gatehouse/contracts';
import { stages } from '@gatehouse/stages';
import ts from 'typescript';

/** A translatable text in the code, and the file that contains it. */
export interface TranslatableText {
  /** The text. `undefined` if the argument is not a literal. */
  readonly text: string | undefined;
  readonly place: string;
}

/** Functions whose first argument is a translatable text. */
const TRANSLATING: ReadonlySet<string> = new Set(['t', 'sentence']);
/** Matches every file that calls one of these functions, so that most files need not be parsed. */
const CALL = /\b(?:t|sentence)\s*(?:<[^>]*>)?\(/;

/** Returns every translatable text in the source files of a folder. */
export const textsIn = (folder: string): TranslatableText[] => sourcesUnder(folder).flatMap(textsOfFile);

/** Returns the translatable texts that are not in calls: those of contracts, field errors and problems. */
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

function textsOfFile(file: string): TranslatableText[] {
  const text = readFileSync(file, 'utf8');
  if (!CALL.test(text)) return [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
  const found: TranslatableText[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isCallExpression(node) && TRANSLATING.has(calleeOf(node)))
      found.push(...textsOfArgument(node.arguments[0], file));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const calleeOf = ({ expression }: ts.CallExpression): string => {
  if (ts.isIdentifier(expression)) return expression.text;
  return ts.isPropertyAccessExpression(expression) ? expression.name.text : '';
};

function textsOfArgument(argument: ts.Expression | undefined, place: string): TranslatableText[] {
  if (argument && ts.isStringLiteralLike(argument)) return [{ text: argument.text, place }];
  if (argument && ts.isConditionalExpression(argument))
    return [...textsOfArgument(argument.whenTrue, place), ...textsOfArgument(argument.whenFalse, place)];
  return [{ text: undefined, place }];
}
