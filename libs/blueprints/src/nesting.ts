import { CST, Lexer } from 'yaml';
import { BlueprintError } from './blueprint-error.js';

/**
 * Throws BlueprintError for a text that nests deeper than about `limit` levels. It looks at the words only: the parser
 * itself would exhaust the stack, which can end the process.
 */
export function refuseNesting(text: string, limit: number): void {
  const depth = new WordDepth();
  let line = 1;
  let isContent = false;
  for (const word of new Lexer().lex(text)) {
    if (!isContent) depth.pass(word);
    isContent = word === CST.SCALAR;
    line += word.split('\n').length - 1;
    if (depth.value > limit) throw new BlueprintError('nested too deeply', { line });
  }
}

/** An upper bound of the nesting at a word: open brackets, indented lines, and dashes on this line. */
class WordDepth {
  #brackets = 0;
  #dashes = 0;
  #indents: number[] = [];
  #isLineStart = true;

  get value(): number {
    return this.#brackets + this.#dashes + this.#indents.length;
  }

  pass(word: string): void {
    const type = CST.tokenType(word);
    if (this.#isLineStart && type !== 'newline') this.#indent(type === 'space' ? word.length : 0);
    if (type === 'flow-seq-start' || type === 'flow-map-start') this.#brackets++;
    if (type === 'flow-seq-end' || type === 'flow-map-end') this.#brackets = Math.max(0, this.#brackets - 1);
    if (type === 'seq-item-ind' || type === 'explicit-key-ind') this.#dashes++;
    this.#isLineStart = type === 'newline';
  }

  #indent(width: number): void {
    this.#dashes = 0;
    while ((this.#indents.at(-1) ?? -1) >= width) this.#indents.pop();
    this.#indents.push(width);
  }
}
