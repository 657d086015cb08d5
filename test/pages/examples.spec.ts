import { expect, it } from 'vitest';
import { EXAMPLES } from '../../apps/web/src/examples/examples.js';
import { PROMPT_TYPES } from '../../libs/stages/src/prompt/prompt.wire.js';

it('the pages have an example of every type of prompt field', () => {
  const fields = EXAMPLES['prompt-everything']?.['fields'] as readonly { readonly type: string }[];

  expect(fields.map(({ type }) => type).sort()).toEqual([...PROMPT_TYPES].sort());
});
