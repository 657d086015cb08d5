import { blocksOf, type CodeBlock, takeBlock } from './code-blocks.js';

/** Code blocks of pages of the documentation. */
export class DocumentedCommands {
  private constructor(
    private readonly page: string,
    private readonly blocks: readonly CodeBlock[],
  ) {}

  static of(...pages: readonly string[]): DocumentedCommands {
    return new DocumentedCommands(pages.join(' and '), pages.flatMap(blocksOf));
  }

  /** Returns the only block of a language whose text matches `pattern`, with these replacements. */
  block(language: string, pattern: RegExp, replacements: Readonly<Record<string, string>> = {}): string {
    const blocks = this.blocks.filter((block) => block.language === language && pattern.test(block.text));
    if (blocks.length !== 1) throw new Error(`${blocks.length} blocks of ${this.page} match ${String(pattern)}`);
    return Object.entries(replacements).reduce((text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`${from} is not in the block:\n${text}`);
      return text.replaceAll(from, to);
    }, takeBlock(blocks[0]!));
  }

  /** Returns all blocks of a language, by default those below any heading. */
  all(language: string, heading?: string): readonly string[] {
    return this.blocks
      .filter((block) => block.language === language && (heading === undefined || block.heading === heading))
      .map(takeBlock);
  }
}
