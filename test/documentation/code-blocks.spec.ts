import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { blocksOf, isNamed, TESTED_PAGES } from '../support/code-blocks.js';

const blocks = TESTED_PAGES.flatMap(blocksOf);
const TEST = /\.(spec|journey|drill)\.ts$/;
const tests = ['apps', 'libs', 'packages', 'test', 'tools', 'load', 'bench']
  .flatMap((folder) => readdirSync(folder, { recursive: true }).map((path) => `${folder}/${String(path)}`))
  .filter((path) => TEST.test(path) && !path.includes('node_modules'));

it('every code block of tutorials, how-to pages, README and CONTRIBUTING names its test, or why it has none', () => {
  const unclaimed = blocks.filter((block) => block.tests.length === 0 && block.untested === undefined);
  expect(unclaimed.map(({ page, line }) => `${page}:${line}`)).toEqual([]);
});

it('every test that a code block names is exactly one file', () => {
  const named = [...new Set(blocks.flatMap((block) => block.tests))];
  expect(named.filter((name) => tests.filter((file) => isNamed(file, name)).length !== 1)).toEqual([]);
});
