import { expect, it } from 'vitest';
import { mergePassed, type PassedReply } from './embedded-stages.js';

const adding = (kind: string): PassedReply => ({
  type: 'passed',
  insert: { where: 'next', steps: [{ kind, config: {} }] },
});

it('mergePassed keeps the steps that a host or its embedded stage inserts, and throws if both insert steps', () => {
  const plain: PassedReply = { type: 'passed' };
  expect(mergePassed(plain, adding('page')).insert).toEqual(adding('page').insert);
  expect(mergePassed(adding('page'), plain).insert).toEqual(adding('page').insert);
  expect(() => mergePassed(adding('page'), adding('other'))).toThrow('both insert steps');
});
