import { readFile } from 'node:fs/promises';

/**
 * Returns the code block of a page in docs/how-to whose first line is a comment with `path`, the file that it belongs
 * into.
 */
export async function configurationIn(page: string, path: string): Promise<string> {
  const text = await readFile(`docs/how-to/${page}.md`, 'utf8');
  const blocks = [...text.matchAll(/^```\w+\n(.*?)^```$/gms)].map(([, block = '']) => block);
  const found = blocks.find((block) => /^(#|--) (\S+)\n/.exec(block)?.[2] === path);
  if (found === undefined) throw new Error(`no code block of ${page} begins with the comment ${path}`);
  return found;
}
