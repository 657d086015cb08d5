import { expect, it } from 'vitest';
import { both, type Passed } from './embedding.js';

const adding = (kind: string): Passed => ({
  type: 'passed',
  insert: { where: 'next', steps: [{ kind, config: {} }] },
});

it('has what one of two adds come after both, and leaves none out where both do', () => {
  const plain: Passed = { type: 'passed' };
  expect(both(plain, adding('page')).insert).toEqual(adding('page').insert);
  expect(both(adding('page'), plain).insert).toEqual(adding('page').insert);
  expect(() => both(adding('page'), adding('other'))).toThrow('both add steps');
});
