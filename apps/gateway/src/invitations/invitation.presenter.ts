import type { Invitation, Inviter } from '@gatehouse/directory';
import { FlowStore } from '@gatehouse/executor';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { toFlow } from '../flows/flow.dto.js';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { userUid } from '../http/uid.js';
import type { invitation } from './invitation.dto.js';

/** Invitations as the API tells them. */
@Injectable()
export class InvitationsPresenter {
  constructor(
    @Inject(FlowStore) private readonly flows: FlowStore,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
  ) {}

  async presentOne(one: Invitation) {
    return (await this.present([one]))[0]!;
  }

  async present(found: readonly Invitation[]): Promise<z.input<typeof invitation>[]> {
    const described = await this.flows.describe([...new Set(found.flatMap(({ flow }) => flow ?? []))]);
    const flows = new Map(described.map((one) => [one.flow.id, toFlow(one)]));
    return found.map(({ expires, created_by, ...rest }) => ({
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
