import { char, optionalNullable, parseDateTime } from '@gatehouse/contracts';
import { INVITATION_ORDERS, type InvitationOrder } from '@gatehouse/directory';
import { z } from 'zod';
import { lastValue } from '../http/query.js';

const text = (description: string) => z.string().optional().meta({ description });

/** Query parameters that filter and sort the list of invitations. Those for paging are added elsewhere. */
export const invitationQuery = {
  name: text('Return only the invitations with this name.'),
  created_by__username: text('Return only the invitations that this user created.'),
  expires: z.iso.datetime().optional().meta({ description: 'Return only the invitations that expire at this time.' }),
  flow__slug: text('Return only the invitations for this flow.'),
  search: text('Return only the invitations in which every word occurs, in the name, expiry, creator or flow.'),
  ordering: text(
    `Sort fields, separated by commas: ${INVITATION_ORDERS.join(', ')}. A leading minus reverses the order.`,
  ),
};

/** Number of words of a search text that are used. Further words are ignored. */
const MAX_WORDS = 10;
const LATEST_FIRST: InvitationOrder = { by: 'expires', descending: true };

const optionalText = optionalNullable(char(), { optional: true });
const moment = z
  .string()
  .refine((text) => parseDateTime(text), { error: 'Enter a valid date/time.' })
  .transform((text) => new Date(parseDateTime(text)!.value));

/** Uses the last value of a repeated parameter and ignores empty parameters. */
const listQuery = z.preprocess(
  (query) =>
    Object.fromEntries(
      Object.entries(query as object)
        .map(([key, value]) => [key, lastValue(value)])
        .filter(([, value]) => typeof value !== 'string' || value.trim() !== ''),
    ),
  z.object({
    ...{ name: optionalText, created_by__username: optionalText, flow__slug: optionalText },
    expires: moment.optional(),
    search: optionalText.transform((text = '') =>
      text
        .split(/[\s,]+/)
        .filter(Boolean)
        .slice(0, MAX_WORDS),
    ),
    ordering: optionalText.transform((text = '') => ordersOf(text)),
  }),
);

/** Parses the query of the list of invitations. */
export const parseInvitationQuery = (query: unknown) => listQuery.safeParse(query);
export type InvitationQuery = z.output<typeof listQuery>;

/** Returns the sort orders in `ordering`. Ignores unknown fields. */
function ordersOf(text: string): InvitationOrder[] {
  const orders = text.split(',').flatMap((term) => {
    const by = INVITATION_ORDERS.find((field) => field === term.trim().replace(/^-/, ''));
    return by ? [{ by, descending: term.trim().startsWith('-') }] : [];
  });
  return orders.length > 0 ? orders : [LATEST_FIRST];
}
