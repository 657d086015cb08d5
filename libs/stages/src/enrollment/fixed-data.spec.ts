import { expect, it } from 'vitest';
import { mergeFixedData } from './fixed-data.js';

it('mergeFixedData replaces entered values by the fixed values of an invitation, and keeps the others', () => {
  expect(mergeFixedData({ name: 'Mine', shoe: 38 }, { name: 'Fixed' })).toEqual({
    ...{ data: { name: 'Fixed', shoe: 38 }, locked: ['name'] },
  });
});

it('mergeFixedData merges fixed and entered objects, and concatenates fixed and entered lists', () => {
  const data = { attributes: { a: { b: 1, c: 2 }, tags: ['x'] } };
  const fixed = { attributes: { a: { b: 3 }, tags: ['y'] } };
  expect(mergeFixedData(data, fixed)).toEqual({
    data: { attributes: { a: { b: 3, c: 2 }, tags: ['x', 'y'] } },
    locked: ['attributes.a.b', 'attributes.tags'],
  });
});

it('mergeFixedData drops entered values for a fixed attribute, keys below it and objects that contain it', () => {
  const typed = { 'attributes.a': 1, 'attributes.a.b': 2, 'attributes.a.b.c': 3, 'attributes.ab': 4 };
  const { data } = mergeFixedData(typed, { attributes: { a: { b: 'fixed' } } });
  expect(data).toEqual({ 'attributes.ab': 4, attributes: { a: { b: 'fixed' } } });
});
