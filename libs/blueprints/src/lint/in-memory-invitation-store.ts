import { randomUUID } from 'node:crypto';
import type { Invitation, InvitationFields } from '@gatehouse/directory';
import type { InvitationStore } from '../invitation-collection.js';

/** An in-memory store of the invitations in the files. */
export class InMemoryInvitationStore implements InvitationStore {
  readonly #invitations = new Map<string, Invitation>();

  async find(identifier: { readonly pk: string } | { readonly name: string }): Promise<Invitation | undefined> {
    if ('pk' in identifier) return this.#invitations.get(identifier.pk);
    return [...this.#invitations.values()].find(({ name }) => name === identifier.name);
  }

  async create({ pk = randomUUID(), ...fields }: InvitationFields & { readonly pk?: string }): Promise<Invitation> {
    const invitation = { ...fields, pk, created_by: null };
    this.#invitations.set(pk, invitation);
    return invitation;
  }

  async update(pk: string, fields: InvitationFields): Promise<Invitation | undefined> {
    return this.#invitations.has(pk) ? this.create({ ...fields, pk }) : undefined;
  }

  async remove(pk: string): Promise<boolean> {
    return this.#invitations.delete(pk);
  }
}
