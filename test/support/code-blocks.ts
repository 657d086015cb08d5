import { readdirSync, readFileSync } from 'node:fs';

/** A fenced code block of a page of the documentation. */
export interface CodeBlock {
  readonly page: string;
  /** Line of the fence that opens the block. */
  readonly line: number;
  /** The heading above the block. */
  readonly heading: string;
  readonly language: string;
  /** From `test=` of the fence: the ends of the paths, without `.ts`, of the test files that take the block. */
  readonly tests: readonly string[];
  /** From `untested=` of the fence: why no test can take the block. */
  readonly untested: string | undefined;
  /** The lines of the block, without the indentation of its fence. */
  readonly text: string;
}

/** The pages whose code blocks are all tested. */
export const TESTED_PAGES: readonly string[] = [
  ...['docs/how-to', 'docs/tutorial'].flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`)),
  ...['README.md', 'CONTRIBUTING.md'],
  ...['docs/reference/external-stages.md', 'docs/reference/external-stage-pages.md'],
];

const read = new Map<string, readonly CodeBlock[]>();

/** Returns the code blocks of a page, in order. Throws if a fence is not closed or malformed. */
export function blocksOf(page: string): readonly CodeBlock[] {
  const blocks = read.get(page) ?? readBlocks(page);
  read.set(page, blocks);
  return blocks;
}

function readBlocks(page: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const lines = readFileSync(page, 'utf8').split('\n');
  let heading = '';
  for (let i = 0; i < lines.length; i++) {
    heading = /^#+ (.+)/.exec(lines[i]!)?.[1] ?? heading;
    const fence = /^( *)```(.*)$/.exec(lines[i]!);
    if (!fence) continue;
    const [, indentation = '', info = ''] = fence;
    const end = lines.indexOf(`${indentation}\`\`\``, i + 1);
    const place = { page, line: i + 1, heading };
    if (end < 0) throw new Error(`${page}:${i + 1}: the code block has no end`);
    const text = lines.slice(i + 1, end).map((line) => `${line.replace(indentation, '')}\n`);
    blocks.push({ ...place, ...parseInfo(info, place), text: text.join('') });
    i = end;
  }
  return blocks;
}

/** Reads the rest of the line of a fence: the language, and who tests the block. */
function parseInfo(info: string, { page, line }: { readonly page: string; readonly line: number }) {
  const match = /^(\w*)(?: test=([\w.,/-]+)| untested="([^"]+)")?$/.exec(info);
  if (!match) throw new Error(`${page}:${line}: expected \`LANGUAGE test=TEST\` or \`LANGUAGE untested="REASON"\``);
  const [, language = '', tests, untested] = match;
  return { language, tests: tests?.split(',') ?? [], untested };
}

/** The blocks that the current test file has taken, as `page:line`. */
const taken = new Set<string>();

const placeOf = ({ page, line }: CodeBlock) => `${page}:${line}`;

/** Returns the text of a block, and notes that the current test file has taken it. */
export function takeBlock(block: CodeBlock): string {
  taken.add(placeOf(block));
  return block.text;
}

/** Returns whether a block names a test file by this name. */
export const isNamed = (file: string, name: string): boolean => file.endsWith(`/${name}.ts`);

/** Returns the blocks that name a test file but were not taken by it. Clears the list of taken blocks. */
export function missedBlocks(file: string): readonly string[] {
  const missed = TESTED_PAGES.flatMap(blocksOf)
    .filter((block) => block.tests.some((name) => isNamed(file, name)) && !taken.has(placeOf(block)))
    .map(placeOf);
  taken.clear();
  return missed;
}
