import type { Invitation, Inviter } from '@gatehouse/directory';
import { FlowStore } from '@gatehouse/executor';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { toFlow } from '../flows/flow.dto.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { userUid } from '../http/identifiers.js';
import type { invitation } from './invitation.dto.js';

/** Presents invitations with their flows and creators. */
@Injectable()
export class InvitationPresenter {
  constructor(
    @Inject(FlowStore) private readonly flows: FlowStore,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  async present(invitation: Invitation) {
    return (await this.presentAll([invitation]))[0]!;
  }

  async presentAll(invitations: readonly Invitation[]): Promise<z.input<typeof invitation>[]> {
    const summaries = await this.flows.summarize([...new Set(invitations.flatMap(({ flow }) => flow ?? []))]);
    const flows = new Map(summaries.map((summary) => [summary.flow.id, toFlow(summary)]));
    return invitations.map(({ expires, created_by, ...rest }) => ({
      ...rest,
      fixed_data: { ...rest.fixed_data },
      expires: expires?.toISOString() ?? null,
      created_by: created_by && this.presentInviter(created_by),
      flow_obj: flows.get(rest.flow ?? '') ?? null,
    }));
  }

  private presentInviter({ uuid, last_login, attributes, ...rest }: Inviter) {
    return {
      ...rest,
      last_login: last_login === null ? null : new Date(last_login).toISOString(),
      attributes: { ...attributes },
      uid: userUid({ uuid }, this.config),
    };
  }
}
