import { expect, it } from 'vitest';
import { mergePassed, type PassedReply } from './embedded-stages.js';

const adding = (kind: string): PassedReply => ({
  type: 'passed',
  insert: { where: 'next', steps: [{ kind, config: {} }] },
});

it('merges the steps that one of two stages adds, and throws if both add steps', () => {
  const plain: PassedReply = { type: 'passed' };
  expect(mergePassed(plain, adding('page')).insert).toEqual(adding('page').insert);
  expect(mergePassed(adding('page'), plain).insert).toEqual(adding('page').insert);
  expect(() => mergePassed(adding('page'), adding('other'))).toThrow('both add steps');
});
