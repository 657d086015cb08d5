import { Problem, sentence } from '@gatehouse/contracts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Slice } from '../sessions/sessions.js';

/** Entries of a page unless `page_size` asks for another number, and at most. */
const PAGE_SIZE = 20;
export const MAX_PAGE_SIZE = 100;

const pagination = z
  .object({
    ...{ next: z.int(), previous: z.int(), count: z.int(), current: z.int() },
    ...{ total_pages: z.int(), start_index: z.int(), end_index: z.int() },
  })
  .meta({ id: 'Pagination', description: 'Where a page is in its list; 0 stands for no page and no entry.' });

/** The shape of a page of a list. */
export const paginatedSchema = <T extends z.ZodType>(entry: T) => z.object({ pagination, results: z.array(entry) });

/** What a query may ask of a list. */
export const pageQuery = {
  page: z.int().optional().meta({ description: 'The page, from 1.' }),
  page_size: z
    .int()
    .optional()
    .meta({ description: `Entries of a page, at most ${MAX_PAGE_SIZE}.` }),
};

/** A page of a list, as `page` and `page_size` of the query ask for it; pages count from one. */
export interface Page {
  readonly number: number;
  readonly size: number;
}

/** A size that is none counts as unasked, as clients of the API know it. Throws not_found for a page that is none. */
export function parsePage({ query }: FastifyRequest): Page {
  const { page = '1', page_size } = query as Record<string, unknown>;
  const number = positiveInteger(page);
  if (!number) throw new Problem('not_found', { detail: sentence('Invalid page.') });
  return { number, size: Math.min(positiveInteger(page_size) ?? PAGE_SIZE, MAX_PAGE_SIZE) };
}

/** A whole number from 1, of at most nine digits. */
const positiveInteger = (value: unknown) => (/^[1-9]\d{0,8}$/.test(String(value)) ? Number(value) : undefined);

export const toSlice = ({ number, size }: Page): Slice => ({ offset: (number - 1) * size, limit: size });

/** A page of a list of `count` entries with its surroundings. Throws not_found for a page beyond the last. */
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
