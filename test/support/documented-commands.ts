import { readFile } from 'node:fs/promises';

/** Code blocks of a page of the documentation. */
export class DocumentedCommands {
  private constructor(private readonly text: string) {}

  static async of(path: string): Promise<DocumentedCommands> {
    return new DocumentedCommands(await readFile(path, 'utf8'));
  }

  /** Returns the only block of a language whose text matches `pattern`, with these replacements. */
  block(language: string, pattern: RegExp, replacements: Readonly<Record<string, string>> = {}): string {
    const blocks = [...this.text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
      .filter(([, name, text = '']) => name === language && pattern.test(text))
      .map(([, , text = '']) => text);
    if (blocks.length !== 1) throw new Error(`${blocks.length} blocks match ${String(pattern)}`);
    return Object.entries(replacements).reduce((text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`${from} is not in the block:\n${text}`);
      return text.replaceAll(from, to);
    }, blocks[0]!);
  }
}
