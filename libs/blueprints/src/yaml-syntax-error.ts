import type { YAMLParseError } from 'yaml';
import { BlueprintError } from './blueprint-error.js';

/** The advice for the most common syntax errors, by the code or the message of the parser. */
const ADVICE: readonly [when: RegExp, advice: string][] = [
  [/^TAB_AS_INDENT/, 'Indent with spaces instead of tabs'],
  [/Missing closing/, 'A quoted text begins before this line, and its closing quote is missing'],
  [/end with a [}\]]/, 'A bracket is opened before this place and not closed'],
  [/^BLOCK_AS_IMPLICIT_KEY/, 'Indent the keys of one map equally, and put quotes around a text that contains `: `'],
  [/without - indicator/, 'Indent this line as deep as the line above it'],
  [
    /followed by map values/,
    'A colon and a value are missing after this key, or the line is not indented as it should be',
  ],
  [/^BAD_SCALAR_START/, 'Put quotes around a text that begins with this character'],
  [
    /^UNEXPECTED_TOKEN/,
    'Check the indentation of this line and the quotes in it. A quote within single quotes is written twice',
  ],
];

/** Returns the error of a YAML text with its line, and with plain advice for the commonest errors. */
export function syntaxError({ code, message, linePos }: YAMLParseError): BlueprintError {
  const [reason = message] = message.split(/ at line \d+, column \d+:|\n/);
  const [, advice] = ADVICE.find(([when]) => when.test(`${code} ${reason}`)) ?? [];
  return new BlueprintError(advice ? `${reason}. ${advice}` : reason, { line: linePos?.[0].line });
}
