import { boolean, char, dateTime, jsonObject, optionalNullable } from '@gatehouse/contracts';
import { z } from 'zod';
import { flow } from '../flows/flow.dto.js';
import { paginatedSchema } from '../http/pagination.js';
import { isUuid } from '../http/uuid.js';

const SLUG = /^[-a-zA-Z0-9_]{1,50}$/;
/** A flow by its id; an empty one is none, as forms send it. */
const flowId = char({ allowBlank: true })
  .refine((id) => id === '' || isUuid(id), { error: ({ input }) => `“${String(input)}” is not a valid UUID.` })
  .transform((id) => id || null);

/** Bytes of what an invitation fixes: it becomes part of plans. */
const MAX_FIXED_BYTES = 32 * 1024;

const name = char().refine((given) => SLUG.test(given), { error: 'Enter a valid “slug”.' });
const others = {
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

/** An invitation as it is asked for. */
export const invitationRequest = z
  .object({ name, ...others })
  .meta({ id: 'InvitationRequest', description: 'An invitation to be made.' });

/** What is to be changed of one. */
export const patchedInvitationRequest = z
  .object({ name: optionalNullable(name, { optional: true }), ...others })
  .meta({ id: 'PatchedInvitationRequest', description: 'What of an invitation is to change.' });

/** The user who made one. */
const inviter = z
  .object({
    ...{ pk: z.int(), username: z.string(), name: z.string(), is_active: z.boolean() },
    ...{ last_login: z.iso.datetime().nullable(), email: z.string() },
    attributes: z.record(z.string(), z.unknown()),
    uid: z.string(),
  })
  .meta({ id: 'GroupMember', description: 'A user, as they are named beside something else.' });

/** An invitation as it is told. */
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
  .meta({ id: 'Invitation', description: 'An invitation; whoever knows its `pk` has it.' });

/** A page of them. */
export const invitations = paginatedSchema(invitation).meta({
  id: 'PaginatedInvitationList',
  description: 'A page of invitations.',
});
