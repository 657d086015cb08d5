import { CST, Lexer } from 'yaml';
import { BlueprintError } from './blueprint-error.js';

/**
 * Throws BlueprintError for a text that nests deeper than about `limit` levels. It inspects lexer tokens only, because
 * the parser recurses and a stack overflow can end the process.
 */
export function rejectDeepNesting(text: string, limit: number): void {
  const depth = new TokenDepth();
  let line = 1;
  let isContent = false;
  for (const token of new Lexer().lex(text)) {
    if (!isContent) depth.push(token);
    isContent = token === CST.SCALAR;
    line += token.split('\n').length - 1;
    if (depth.value > limit) throw new BlueprintError('nested too deeply', { line });
  }
}

/**
 * Counts an upper bound of the nesting depth at the current token: open brackets, indentation levels, and dashes on the
 * current line.
 */
class TokenDepth {
  #brackets = 0;
  #dashes = 0;
  #indents: number[] = [];
  #isLineStart = true;

  get value(): number {
    return this.#brackets + this.#dashes + this.#indents.length;
  }

  push(token: string): void {
    const type = CST.tokenType(token);
    if (this.#isLineStart && type !== 'newline') this.#indent(type === 'space' ? token.length : 0);
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
