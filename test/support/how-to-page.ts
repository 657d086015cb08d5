import { blocksOf, takeBlock } from './code-blocks.js';

/**
 * Returns the code block of a page in docs/how-to whose first line is a comment with `path`, the path of the file that
 * the block shows.
 */
export function configurationIn(page: string, path: string): string {
  const found = blocksOf(`docs/how-to/${page}.md`).find(({ text }) => /^(#|--) (\S+)\n/.exec(text)?.[2] === path);
  if (found === undefined) throw new Error(`no code block of ${page} begins with the comment ${path}`);
  return takeBlock(found);
}
