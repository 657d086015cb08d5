import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { MAX_PAGE_SIZE, paginated, parsePage, toSlice } from './pagination.js';

const asked = (query: Record<string, unknown>) => parsePage({ query } as unknown as FastifyRequest);

describe('a page', () => {
  it('is the first of twenty entries unless the query says otherwise', () => {
    expect(asked({})).toEqual({ number: 1, size: 20 });
    expect(toSlice(asked({ page: '3', page_size: '10' }))).toEqual({ offset: 20, limit: 10 });
  });

  it.each(['0', '-1', 'x', '', '1.5', '1e3', '01', '9'.repeat(10), ['1', '2']])('is none by the number %j', (page) => {
    expect(() => asked({ page })).toThrow('Invalid page.');
  });

  it.each([
    ['0', 20],
    ['x', 20],
    [undefined, 20],
    ['101', MAX_PAGE_SIZE],
    ['999999999', MAX_PAGE_SIZE],
  ])('asked for in the size %j has %i entries', (page_size, size) => {
    expect(asked({ page_size }).size).toBe(size);
  });
});

describe('a list in pages', () => {
  it('says what is before and after', () => {
    expect(paginated({ number: 2, size: 2 }, 5, ['c', 'd'])).toEqual({
      pagination: {
        ...{ next: 3, previous: 1, count: 5, current: 2, total_pages: 3 },
        ...{ start_index: 3, end_index: 4 },
      },
      results: ['c', 'd'],
    });
    expect(paginated({ number: 3, size: 2 }, 5, ['e']).pagination).toMatchObject({ next: 0, end_index: 5 });
  });

  it('has one page when it is empty, and none beyond its last', () => {
    expect(paginated({ number: 1, size: 20 }, 0, []).pagination).toMatchObject({
      ...{ next: 0, previous: 0, count: 0, total_pages: 1, start_index: 0, end_index: 0 },
    });
    expect(() => paginated({ number: 2, size: 20 }, 20, [])).toThrow('Invalid page.');
  });
});
