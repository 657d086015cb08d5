import { readFileSync } from 'node:fs';

/** Returns the code blocks of a page in a language, or those between a heading and the next heading. */
export function codeBlocks(page: string, language: string, heading?: string): readonly string[] {
  const sections = readFileSync(page, 'utf8').split(/^#+ /m);
  const chosen = heading === undefined ? sections : sections.filter((section) => section.startsWith(`${heading}\n`));
  const block = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms');
  return chosen.flatMap((section) => [...section.matchAll(block)].map(([, text = '']) => text.trim()));
}
