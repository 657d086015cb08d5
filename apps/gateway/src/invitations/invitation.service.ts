import { Problem } from '@gatehouse/contracts';
import {
  type Invitation,
  type InvitationFields,
  type InvitationFilter,
  InvitationRepository,
} from '@gatehouse/directory';
import { FlowStore } from '@gatehouse/executor';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { RequestFacts } from '../http/event-facts.reader.js';
import { isUuid } from '../http/identifiers.js';
import { InvalidFieldsError, parseBody } from '../http/zod-body.pipe.js';
import type { patchedInvitationRequest } from './invitation.dto.js';
import type { InvitationQuery } from './invitation.query.js';
import { InvitationChangeRepository } from './invitation-change.repository.js';

/** An id that no flow has. A filter with this id matches no invitation. */
const NO_FLOW = '00000000-0000-0000-0000-000000000000';
const DAY_MS = 24 * 60 * 60 * 1000;

type ParsedRequest = z.output<typeof patchedInvitationRequest>;

/** Creates, changes and finds invitations, with the flows that they name. Each change writes an audit event. */
@Injectable()
export class InvitationService {
  constructor(
    @Inject(InvitationRepository) private readonly invitations: InvitationRepository,
    @Inject(FlowStore) private readonly flows: FlowStore,
    @Inject(InvitationChangeRepository) private readonly changes: InvitationChangeRepository,
  ) {}

  /** Creates an invitation, which lasts a day by default. Throws InvalidFieldsError for an unknown flow. */
  async create(request: ParsedRequest, createdBy: string, facts: RequestFacts): Promise<Invitation> {
    await this.checkFlow(request);
    const fields = { ...merged(request, defaultInvitation()), by: createdBy };
    return (await this.changes.recorded('invitation_created', facts, (invitations) => invitations.create(fields)))!;
  }

  /** Returns an invitation. Throws `not_found`. */
  async load(uuid: string): Promise<Invitation> {
    return existing(isUuid(uuid) ? await this.invitations.find({ pk: uuid }) : undefined);
  }

  /**
   * Changes an invitation and returns it. Throws `not_found` if there is none, for example because it was just used,
   * and InvalidFieldsError.
   */
  async change(
    uuid: string,
    { body, type }: { readonly body: unknown; readonly type: z.ZodType<ParsedRequest> },
    facts: RequestFacts,
  ): Promise<Invitation> {
    await this.load(uuid);
    // Parses the body here and not in a pipe, so that an unknown invitation is reported before an invalid body.
    const request = parseBody(body, type);
    await this.checkFlow(request);
    return existing(
      await this.changes.recorded('invitation_changed', facts, async (invitations) => {
        const invitation = await invitations.lock(uuid);
        return invitation && invitations.update(uuid, merged(request, invitation));
      }),
    );
  }

  /**
   * Returns the filter of a query, with flow slugs replaced by flow ids. A query for an unknown flow matches no
   * invitation.
   */
  async filterOf({
    name,
    created_by__username,
    expires,
    flow__slug,
    search,
  }: InvitationQuery): Promise<InvitationFilter> {
    const needsFlows = flow__slug !== undefined || search.length > 0;
    const slugs = needsFlows ? [...(await this.flows.listSlugs())] : [];
    const flowsWhere = (matches: (slug: string) => boolean) =>
      slugs.filter(([, slug]) => matches(slug)).map(([id]) => id);
    return {
      ...{ name, creator: created_by__username, expires },
      flow: flow__slug === undefined ? undefined : (flowsWhere((slug) => slug === flow__slug)[0] ?? NO_FLOW),
      words: search.map((word) => ({
        word,
        flows: flowsWhere((slug) => slug.toLowerCase().includes(word.toLowerCase())),
      })),
    };
  }

  /** Deletes an invitation. Throws `not_found`. */
  async remove(uuid: string, facts: RequestFacts): Promise<void> {
    const invitation = await this.load(uuid);
    const removed = await this.changes.recorded('invitation_deleted', facts, async (invitations) =>
      (await invitations.remove(uuid)) ? invitation : undefined,
    );
    existing(removed);
  }

  private async checkFlow({ flow }: ParsedRequest): Promise<void> {
    if (!flow || (await this.flows.exists(flow))) return;
    throw new InvalidFieldsError({ flow: [{ text: `Invalid pk "${flow}" - object does not exist.` }] });
  }
}

const defaultInvitation = (): InvitationFields => ({
  name: '',
  expires: tomorrow(),
  fixed_data: {},
  single_use: false,
  flow: null,
});
const tomorrow = () => new Date(Date.now() + DAY_MS);

/** Returns the fields of a request. A field that the request leaves out gets the value of the invitation. */
function merged(request: ParsedRequest, invitation: InvitationFields): InvitationFields {
  const {
    name = invitation.name,
    fixed_data = invitation.fixed_data,
    single_use = invitation.single_use,
    flow = invitation.flow,
  } = request;
  const expires =
    request.expires === undefined
      ? invitation.expires
      : request.expires === null
        ? tomorrow()
        : new Date(request.expires);
  return { name, expires, fixed_data, single_use, flow };
}

function existing(invitation: Invitation | undefined): Invitation {
  if (!invitation) throw new Problem('not_found');
  return invitation;
}
