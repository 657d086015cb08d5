/** A generated file. */
export interface Document {
  /** The path, relative to the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** Returns a Markdown table, with pipes escaped in its cells. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Returns a page of paragraphs and tables, with a note that it is generated. */
export const page = (path: string, blocks: readonly string[]): Document => ({
  path,
  text: `${[...blocks, '_Generated from the code by `npm run docs`._'].join('\n\n')}\n`,
});

/** Returns the text as inline code, or an empty string for `undefined`. */
export const code = (text: string | number | undefined): string => (text === undefined ? '' : `\`${text}\``);
