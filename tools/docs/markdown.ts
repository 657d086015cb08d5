/** A page that is written whole. */
export interface Document {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

/** A table; what stands in its cells keeps to them. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A page of paragraphs and tables, with the sentence that says where it comes from. */
export const page = (path: string, blocks: readonly string[]): Document => ({
  path,
  text: `${[...blocks, '_Written by `npm run docs`; the code says it first._'].join('\n\n')}\n`,
});

/** Text as it is typed, or nothing. */
export const code = (text: string | number | undefined): string => (text === undefined ? '' : `\`${text}\``);
