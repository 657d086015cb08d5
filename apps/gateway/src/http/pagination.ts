import { Problem, sentence } from '@gatehouse/contracts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

/** Default of `page_size`. */
const PAGE_SIZE = 20;
/** Largest `page_size`. */
export const MAX_PAGE_SIZE = 100;

const pagination = z
  .object({
    ...{ next: z.int(), previous: z.int(), count: z.int(), current: z.int() },
    ...{ total_pages: z.int(), start_index: z.int(), end_index: z.int() },
  })
  .meta({
    id: 'Pagination',
    description: 'The position of a page in its list. A page number or an index of 0 means that there is none.',
  });

/** Returns the type of one page of a list. */
export const paginatedSchema = <T extends z.ZodType>(entry: T) => z.object({ pagination, results: z.array(entry) });

/** Query parameters of a list. */
export const pageQuery = {
  page: z.int().optional().meta({ description: 'Number of the page. The first page is 1.' }),
  page_size: z
    .int()
    .optional()
    .meta({ description: `Number of entries on a page, at most ${MAX_PAGE_SIZE}.` }),
};

/** The page that a query names by `page` and `page_size`. The first page is 1. */
export interface Page {
  readonly number: number;
  readonly size: number;
}

/** The entries of a list that a statement selects. `offset` and `limit` count entries. */
export interface Slice {
  readonly offset: number;
  readonly limit: number;
}

/** Returns the page of a query. An invalid size means the default, as in authentik. Throws `not_found` for an invalid page. */
export function parsePage({ query }: FastifyRequest): Page {
  const { page = '1', page_size } = query as Record<string, unknown>;
  const number = positiveInteger(page);
  if (!number) throw new Problem('not_found', { detail: sentence('Invalid page.') });
  return { number, size: Math.min(positiveInteger(page_size) ?? PAGE_SIZE, MAX_PAGE_SIZE) };
}

/** Returns a whole number from 1 with at most nine digits, else undefined. */
const positiveInteger = (value: unknown) => (/^[1-9]\d{0,8}$/.test(String(value)) ? Number(value) : undefined);

/** Returns the offset and the limit of a page. */
export const toSlice = ({ number, size }: Page): Slice => ({ offset: (number - 1) * size, limit: size });

/** Returns a page of a list of `count` entries. Throws `not_found` for a page beyond the last. */
export function paginated<T>({ number, size }: Page, count: number, results: readonly T[]) {
  const last = Math.max(1, Math.ceil(count / size));
  if (number > last) throw new Problem('not_found', { detail: sentence('Invalid page.') });
  return {
    pagination: {
      next: number < last ? number + 1 : 0,
      previous: number - 1,
      count,
      current: number,
      total_pages: last,
      start_index: count === 0 ? 0 : (number - 1) * size + 1,
      end_index: Math.min(number * size, count),
    },
    results,
  };
}
