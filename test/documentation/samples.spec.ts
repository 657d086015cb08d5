import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DocumentedCommands } from '../support/documented-commands.js';

/** `npm run check:lint` checks the types of the samples. */
it.each([
  { page: 'add-an-endpoint', language: 'ts', pattern: /core_notes_create/, sample: 'notes.sample.ts', depth: 2 },
  { page: 'add-a-stage', language: 'tsx', pattern: /<Form /, sample: 'reason.sample.tsx', depth: 4 },
])(
  'the example of docs/how-to/$page.md is the same as in $sample, whose types are checked',
  ({ page, language, pattern, sample, depth }) => {
    const block = DocumentedCommands.of(`docs/how-to/${page}.md`).block(language, pattern);
    const indented = block.replaceAll(/^(?=.)/gm, ' '.repeat(depth));
    expect(readFileSync(`test/documentation/${sample}`, 'utf8')).toContain(indented);
  },
);
