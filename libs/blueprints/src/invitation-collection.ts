import { boolean, jsonObject, type Reference } from '@gatehouse/contracts';
import type { Invitation, InvitationFields, InvitationRepository } from '@gatehouse/directory';
import { z } from 'zod';
import { type Collection, type FoundObject, type SaveResult, ValidationError, validate } from './collection.js';
import { changedFields } from './directory-errors.js';
import type { Draft } from './draft.js';
import type { JsonMap } from './json.js';
import { noSuchObject } from './related-object-error.js';

const SLUG = /^[-a-zA-Z0-9_]{1,50}$/;
const DAY_MS = 24 * 60 * 60 * 1000;

/** The fields of an invitation. */
export const invitationSchema = z.object({
  name: z
    .string()
    .refine((name) => SLUG.test(name), { error: 'Enter a valid “slug”.' })
    .describe('Unique name of the invitation.'),
  expires: z.iso
    .datetime({ offset: true, local: true })
    .nullish()
    .describe('Time at which the invitation ends. Absent: in a day.'),
  fixed_data: jsonObject().default({}).describe('Values that the invitation sets in the forms of the flow.'),
  single_use: boolean().default(false).describe('Whether one user can use it only.'),
  flow: z.string().nullable().default(null).describe('The only flow that accepts the invitation. Null: every flow.'),
});

interface FoundInvitation extends FoundObject {
  readonly pk: string;
  readonly invitation: Invitation;
}

/** The part of the invitation store that blueprints use. */
export type InvitationStore = Pick<InvitationRepository, 'find' | 'create' | 'update' | 'remove'>;

/** All invitations (docs/spec/directory.md#invitations). */
export class InvitationCollection implements Collection<FoundInvitation> {
  readonly fields: ReadonlySet<string> = new Set([...Object.keys(invitationSchema.shape), 'created_by']);
  readonly references: ReadonlyMap<string, Reference> = new Map([['created_by', { to: 'user' }]]);

  constructor(
    private readonly invitations: InvitationStore,
    private readonly draft: Draft,
  ) {}

  async find({ pk, name, ...rest }: JsonMap): Promise<FoundInvitation | undefined> {
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined)
      throw ValidationError.field(unknown, 'Invitations can only be identified by name or pk.');
    // Postgres refuses text with NUL, so no name contains NUL.
    const hasName = typeof name === 'string' && !name.includes('\0');
    const identifier = isId(pk) ? { pk } : hasName ? { name } : undefined;
    const invitation = identifier && (await this.invitations.find(identifier));
    return invitation && { pk: invitation.pk, name: invitation.name, invitation };
  }

  async check({ pk, ...entryValues }: JsonMap, existing: FoundInvitation | undefined) {
    if (pk !== undefined && !isId(pk)) throw ValidationError.field('pk', 'Must be a valid UUID.');
    const stored = existing?.invitation;
    const before = stored && { ...fieldsOf(stored), expires: stored.expires?.toISOString() ?? null };
    const values = validate(invitationSchema, { ...before, ...entryValues });
    if (values.flow !== null && !this.draft.has({ to: 'flow' }, values.flow))
      throw noSuchObject('flow', values.flow, { to: 'flow' });
    const fields: InvitationFields = { ...values, expires: expiryOf(values.expires, stored) };
    return () => (stored ? this.#update(stored, fields) : this.#create(fields, pk));
  }

  async remove({ pk }: FoundInvitation): Promise<void> {
    await this.invitations.remove(pk);
  }

  async #create(fields: InvitationFields, pk: string | undefined): Promise<SaveResult> {
    const created = await this.invitations.create({ ...fields, ...(pk === undefined ? {} : { pk }) });
    return { pk: created.pk, name: created.name, outcome: 'created' };
  }

  async #update(before: Invitation, fields: InvitationFields): Promise<SaveResult> {
    const comparable = (invitation: InvitationFields) => ({
      ...fieldsOf(invitation),
      expires: invitation.expires?.toISOString() ?? null,
    });
    const isChanged = changedFields(comparable(fields), comparable(before)) !== undefined;
    if (isChanged) await this.invitations.update(before.pk, fields);
    return { pk: before.pk, name: fields.name, outcome: isChanged ? 'changed' : 'unchanged' };
  }
}

const isId = (value: unknown): value is string => z.uuid().safeParse(value).success;

const fieldsOf = ({ name, expires, fixed_data, single_use, flow }: InvitationFields): InvitationFields => ({
  ...{ name, expires, fixed_data, single_use, flow },
});

/** Returns the expiry of the entry, otherwise the stored expiry, otherwise a time one day from now. */
function expiryOf(expires: string | null | undefined, stored: Invitation | undefined): Date | null {
  if (expires) return new Date(expires);
  return stored ? stored.expires : new Date(Date.now() + DAY_MS);
}
