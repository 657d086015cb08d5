import { systemChallenges } from '@gatehouse/contracts';
import { wireShapes } from '@gatehouse/stages';
import { describe, expect, it } from 'vitest';
import { CHALLENGES } from '../../apps/web/src/challenges/table.js';
import { EXAMPLES } from '../../apps/web/src/examples/examples.js';
import { PROMPT_TYPES } from '../../libs/stages/src/prompt/prompt.wire.js';

const shapes = new Map([...systemChallenges, ...wireShapes].map((shape) => [shape.component as string, shape]));

/** Component of an external stage's challenge, which the pages cannot render. */
const EXTERNAL = 'x-acme-pin';

describe('the pages', () => {
  it('have a component for every challenge of the API, and no other', () => {
    expect(Object.keys(CHALLENGES).sort()).toEqual([...shapes.keys()].sort());
  });

  it('have an example of every challenge', () => {
    const shown = new Set(Object.values(EXAMPLES).map(({ component }) => component));

    expect([...shown].sort()).toEqual([...shapes.keys(), EXTERNAL].sort());
  });

  it('have an example of every type of prompt field', () => {
    const fields = EXAMPLES['prompt-everything']?.['fields'] as readonly { readonly type: string }[];

    expect(fields.map(({ type }) => type).sort()).toEqual([...PROMPT_TYPES].sort());
  });

  it.each(Object.entries(EXAMPLES).filter(([, { component }]) => component !== EXTERNAL))(
    'have an example challenge that its contract accepts: %s',
    (_name, { component, ...own }) => {
      expect(() => shapes.get(component)?.challenge.parse(own)).not.toThrow();
    },
  );
});
