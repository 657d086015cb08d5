import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { MAX_PAGE_SIZE, paginated, parsePage, toSlice } from './pagination.js';

const pageOf = (query: Record<string, unknown>) => parsePage({ query } as unknown as FastifyRequest);

describe('a page', () => {
  it('is the first page with twenty entries by default', () => {
    expect(pageOf({})).toEqual({ number: 1, size: 20 });
    expect(toSlice(pageOf({ page: '3', page_size: '10' }))).toEqual({ offset: 20, limit: 10 });
  });

  it.each(['0', '-1', 'x', '', '1.5', '1e3', '01', '9'.repeat(10), ['1', '2']])(
    'is invalid with the number %j',
    (page) => {
      expect(() => pageOf({ page })).toThrow('Invalid page.');
    },
  );

  it.each([
    ['0', 20],
    ['x', 20],
    [undefined, 20],
    ['101', MAX_PAGE_SIZE],
    ['999999999', MAX_PAGE_SIZE],
  ])('with page_size %j has %i entries', (page_size, size) => {
    expect(pageOf({ page_size }).size).toBe(size);
  });
});

describe('a paginated list', () => {
  it('contains the numbers of the previous and the next page', () => {
    expect(paginated({ number: 2, size: 2 }, 5, ['c', 'd'])).toEqual({
      pagination: {
        ...{ next: 3, previous: 1, count: 5, current: 2, total_pages: 3 },
        ...{ start_index: 3, end_index: 4 },
      },
      results: ['c', 'd'],
    });
    expect(paginated({ number: 3, size: 2 }, 5, ['e']).pagination).toMatchObject({ next: 0, end_index: 5 });
  });

  it('has one page if it is empty, and throws not_found after the last page', () => {
    expect(paginated({ number: 1, size: 20 }, 0, []).pagination).toMatchObject({
      ...{ next: 0, previous: 0, count: 0, total_pages: 1, start_index: 0, end_index: 0 },
    });
    expect(() => paginated({ number: 2, size: 20 }, 20, [])).toThrow('Invalid page.');
  });
});
