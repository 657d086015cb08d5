import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fieldMessages, problems } from '@gatehouse/contracts';
import { stages } from '@gatehouse/stages';
import { type ESTree, Visitor } from 'rolldown/utils';
import { parsedFile } from '../support/parsed-file.js';

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
  const found: TranslatableText[] = [];
  const CallExpression = ({ callee, arguments: [argument] }: ESTree.CallExpression) => {
    if (TRANSLATING.has(nameOf(callee))) found.push(...textsOfArgument(argument, file));
  };
  new Visitor({ CallExpression }).visit(parsedFile(file, text));
  return found;
}

function nameOf(callee: ESTree.Expression): string {
  if (callee.type === 'Identifier') return callee.name;
  return callee.type === 'MemberExpression' && callee.property.type === 'Identifier' ? callee.property.name : '';
}

function textsOfArgument(argument: ESTree.Argument | undefined, place: string): TranslatableText[] {
  if (argument?.type === 'ConditionalExpression')
    return [argument.consequent, argument.alternate].flatMap((branch) => textsOfArgument(branch, place));
  return [{ text: literalOf(argument), place }];
}

function literalOf(argument: ESTree.Argument | undefined): string | undefined {
  if (argument?.type === 'Literal' && typeof argument.value === 'string') return argument.value;
  const isPlain = argument?.type === 'TemplateLiteral' && argument.expressions.length === 0;
  return isPlain ? (argument.quasis[0]?.value.cooked ?? undefined) : undefined;
}
