import { boolean, char, dateTime, jsonObject, optionalNullable } from '@gatehouse/contracts';
import { z } from 'zod';
import { flow } from '../flows/flow.dto.js';
import { isUuid } from '../http/identifiers.js';
import { paginatedSchema } from '../http/pagination.js';

const SLUG = /^[-a-zA-Z0-9_]{1,50}$/;
/** The id of a flow. Forms send an empty text for no flow. */
const flowId = char({ allowBlank: true })
  .refine((id) => id === '' || isUuid(id), { error: ({ input }) => `“${String(input)}” is not a valid UUID.` })
  .transform((id) => id || null);

/** Largest `fixed_data` in bytes, because it becomes part of plans. */
const MAX_FIXED_BYTES = 32 * 1024;

const name = char().refine((name) => SLUG.test(name), { error: 'Enter a valid “slug”.' });
const otherFields = {
  expires: optionalNullable(dateTime(), { optional: true, nullable: true }),
  fixed_data: optionalNullable(
    jsonObject().refine((data) => Buffer.byteLength(JSON.stringify(data)) <= MAX_FIXED_BYTES, {
      error: `At most ${MAX_FIXED_BYTES / 1024} KiB.`,
    }),
    { optional: true },
  ),
  single_use: optionalNullable(boolean(), { optional: true }),
  flow: optionalNullable(flowId, { optional: true, nullable: true }),
};

/** An invitation to create, or to replace. */
export const invitationRequest = z
  .object({ name, ...otherFields })
  .meta({ id: 'InvitationRequest', description: 'The fields of a new or replaced invitation.' });

/** A change of an invitation that leaves absent fields as they are. */
export const patchedInvitationRequest = z
  .object({ name: optionalNullable(name, { optional: true }), ...otherFields })
  .meta({ id: 'PatchedInvitationRequest', description: 'The fields of an invitation to update.' });

/** The user who created an invitation. */
const inviter = z
  .object({
    ...{ pk: z.int(), username: z.string(), name: z.string(), is_active: z.boolean() },
    ...{ last_login: z.iso.datetime().nullable(), email: z.string() },
    attributes: z.record(z.string(), z.unknown()),
    uid: z.string(),
  })
  .meta({ id: 'GroupMember', description: 'The user who created an invitation.' });

/** An invitation. */
export const invitation = z
  .object({
    pk: z.uuid(),
    name: z.string(),
    expires: z.iso.datetime().nullable(),
    fixed_data: z.record(z.string(), z.unknown()),
    created_by: inviter.nullable(),
    single_use: z.boolean(),
    flow: z.uuid().nullable(),
    flow_obj: flow.nullable(),
  })
  .meta({ id: 'Invitation', description: 'An invitation. Its `pk` is a secret: it admits everyone who knows it.' });

/** A page of invitations. */
export const invitations = paginatedSchema(invitation).meta({
  id: 'PaginatedInvitationList',
  description: 'One page of a list of invitations.',
});
