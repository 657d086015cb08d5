import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DocumentedCommands } from '../support/documented-commands.js';

/** `npm run check:lint` compiles the samples with everything that they use. */
it.each([
  { page: 'add-an-endpoint', language: 'ts', pattern: /core_notes_create/, sample: 'notes.sample.ts', depth: 2 },
  { page: 'add-a-stage', language: 'tsx', pattern: /<Form /, sample: 'reason.sample.tsx', depth: 4 },
])(
  'the example of docs/how-to/$page.md is in a file that is compiled',
  ({ page, language, pattern, sample, depth }) => {
    const block = DocumentedCommands.of(`docs/how-to/${page}.md`).block(language, pattern);
    const indented = block.replaceAll(/^(?=.)/gm, ' '.repeat(depth));
    expect(readFileSync(`test/documentation/${sample}`, 'utf8')).toContain(indented);
  },
);
