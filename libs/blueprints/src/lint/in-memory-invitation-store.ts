import { randomUUID } from 'node:crypto';
import type { Invitation, InvitationFields } from '@gatehouse/directory';
import type { InvitationStore } from '../invitation-collection.js';

/** Invitations in memory: what blueprints say of them. */
export class InMemoryInvitationStore implements InvitationStore {
  readonly #all = new Map<string, Invitation>();

  async find(by: { readonly pk: string } | { readonly name: string }): Promise<Invitation | undefined> {
    if ('pk' in by) return this.#all.get(by.pk);
    return [...this.#all.values()].find(({ name }) => name === by.name);
  }

  async create({ pk = randomUUID(), ...fields }: InvitationFields & { readonly pk?: string }): Promise<Invitation> {
    const made = { ...fields, pk, created_by: null };
    this.#all.set(pk, made);
    return made;
  }

  async update(pk: string, fields: InvitationFields): Promise<Invitation | undefined> {
    return this.#all.has(pk) ? this.create({ ...fields, pk }) : undefined;
  }

  async remove(pk: string): Promise<boolean> {
    return this.#all.delete(pk);
  }
}
