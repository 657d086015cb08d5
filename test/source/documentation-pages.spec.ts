import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const HOW_TO = 'docs/how-to';
const DIFFERENCES = 'docs/reference/differences';
/** Pages without a section "Next". Readers look a runbook up by the name of an alert. */
const WITHOUT_END = ['runbooks.md'];

const howTo = readdirSync(HOW_TO).map((name) => [name, readFileSync(`${HOW_TO}/${name}`, 'utf8')] as const);
const rows = readdirSync(DIFFERENCES).flatMap((name) =>
  readFileSync(`${DIFFERENCES}/${name}`, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (authentik|---) \|/.test(line))
    .map((line) => ({ name, line, cells: line.slice(2, -2).split(/(?<!\\) \| /) })),
);
/** Returns a row without the targets of its links. */
const shown = (line: string) => line.replaceAll(/\]\([^)]*\)/g, ']');

/** Returns whether the last section of a page is "Next" and consists of links. */
function endsWithLinks(text: string): boolean {
  const [title, ...items] = text
    .slice(text.lastIndexOf('\n## ') + 1)
    .replaceAll('\n  ', ' ')
    .trim()
    .split('\n');
  return title === '## Next' && items.slice(1).length > 0 && items.slice(1).every((item) => /^- .*\]\(/.test(item));
}

describe('a how-to page', () => {
  it('begins with a sentence before any list, table or code block', () => {
    const others = howTo.filter(([, text]) => !/^# .+\n\n[A-Z[`*].*/.test(text)).map(([name]) => name);
    expect(others).toEqual([]);
  });

  it('ends with links to the pages to read next', () => {
    const others = howTo.filter(([name, text]) => !WITHOUT_END.includes(name) && !endsWithLinks(text));
    expect(others.map(([name]) => name)).toEqual([]);
  });
});

describe('a difference from authentik', () => {
  it('has three cells: what authentik does, what Gatehouse does, and the reason', () => {
    expect(rows.length).toBeGreaterThan(300);
    expect(rows.filter(({ cells }) => cells.length !== 3 || cells.some((cell) => cell.trim() === ''))).toEqual([]);
  });

  it('has at most 250 characters, not counting the targets of links', () => {
    expect(rows.filter(({ line }) => shown(line).length > 250).map(({ name, line }) => `${name}: ${line}`)).toEqual([]);
  });

  it('that is about 2026.8 begins with **2026.8:**', () => {
    const mentions = rows.filter(({ cells }) => /^\W*2026\.8:/.test(cells[0]!));
    expect(mentions.filter(({ cells }) => !cells[0]!.startsWith('**2026.8:** ')).map(({ line }) => line)).toEqual([]);
  });

  it('is listed only once', () => {
    const facts = rows.map(({ cells }) => cells[0]!);
    expect(facts.filter((fact, index) => facts.indexOf(fact) !== index)).toEqual([]);
  });
});
