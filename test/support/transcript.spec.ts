import { expect, it } from 'vitest';
import { shownCommands, shownOutput } from './transcript.js';

it('a shown output matches outputs with other numbers, times and columns, and no other text', () => {
  const shown = shownOutput('2,000 users in 1.3 s\n…\n  done   10 (5 %)\nhttp://a/…/\n');
  expect('3 users in 25.0 s\na\nb\n  done 7 (12 %)\nhttp://a/x1/\n').toMatch(shown);
  expect('3 users in 25.0 s\na\n  lost 7 (12 %)\nhttp://a/x1/\n').not.toMatch(shown);
  expect('3 users in 25 s\n  done 7 (12 %)\nhttp://a/x1/\n').not.toMatch(shown);
});

it('a block with prompts is split into commands and their outputs', () => {
  expect(shownCommands('$ a b\n$ c\nd\n\ne\n')).toEqual([
    { command: 'a b', output: '' },
    { command: 'c', output: 'd\n\ne\n' },
  ]);
});
